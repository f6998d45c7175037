#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/protocol_factory.hpp"

namespace signaling::testing {

/// A wire language made for reading in tests: one line per command and per event.
///
/// In: `join ROOM [METADATA]`, `leave ROOM`, `update ROOM METADATA`, `members ROOM`, `send PEER TEXT`,
/// `cast ROOM TEXT`, `all ROOM TEXT` (the sender too), `call NAME TEXT` (to an alias), `reach PEER TEXT` (anybody), `hall ROOM NAME` (joins an unlimited
/// room and takes an alias), `lodge ROOM NAME` (the same, without an answer, and closes if the alias is in use), `seize ROOM NAME` (the same as `hall`, and takes the alias over), `reply TEXT`, `ping`, `bye`; `#TAG` in front of any of them is the request tag.
/// Out: `welcome ID [ICE-SERVERS]`, `ice-servers JSON`, `joined ROOM v1 [a b]`, `+peer ROOM v2 c{METADATA}`, `-peer ROOM v3 c leave`, `msg FROM TEXT`,
/// `error CODE` ..., with ` #TAG` at the end.
class TextEncoder final : public Encoder {
 public:
  void encode(const Event& event, std::vector<Frame>& frames) const override {
    frames.push_back(Frame::text(std::visit([](const auto& e) { return line(e); }, event)));
  }
  void encode_ice_servers(std::string_view servers, std::vector<Frame>& frames) const override {
    frames.push_back(Frame::text("ice-servers " + std::string(servers)));
  }

 private:
  static std::string tag(std::string_view request) {
    return request.empty() ? std::string() : " #" + std::string(request);
  }
  static std::string name(const MemberView& member) {
    std::string text(member.id);
    if (!member.metadata.empty()) text += "{" + std::string(member.metadata) + "}";
    return text;
  }
  static std::string room(std::string_view id, Version version) {
    return std::string(id) + " v" + std::to_string(version);
  }
  static std::string list(std::span<const MemberView> members) {
    std::string text = "[";
    for (const MemberView& member : members) text += (text.size() > 1 ? " " : "") + name(member);
    return text + "]";
  }

  static std::string line(const event::Welcome& e) {
    const std::string ice_servers = e.ice_servers.empty() ? "" : " " + std::string(e.ice_servers);
    return "welcome " + std::string(e.peer) + ice_servers;
  }
  static std::string line(const event::Joined& e) {
    return "joined " + room(e.room, e.version) + " " + list(e.members) + tag(e.request);
  }
  static std::string line(const event::Left& e) {
    const std::string why = e.message.empty() ? "" : ": " + std::string(e.message);
    return "left " + std::string(e.room) + " " + std::string(to_string(e.reason)) + why + tag(e.request);
  }
  static std::string line(const event::PeerJoined& e) {
    return "+peer " + room(e.room, e.version) + " " + name(e.peer);
  }
  static std::string line(const event::PeerLeft& e) {
    return "-peer " + room(e.room, e.version) + " " + std::string(e.peer.id) + " " +
           std::string(to_string(e.reason));
  }
  static std::string line(const event::PeerAway& e) {
    return "away " + room(e.room, e.version) + " " + std::string(e.peer.id);
  }
  static std::string line(const event::PeerBack& e) {
    return "back " + room(e.room, e.version) + " " + std::string(e.peer.id);
  }
  static std::string line(const event::PeerUpdated& e) {
    return "~peer " + room(e.room, e.version) + " " + name(e.peer);
  }
  static std::string line(const event::Updated& e) {
    return "updated " + room(e.room, e.version) + tag(e.request);
  }
  static std::string line(const event::Members& e) {
    return "members " + room(e.room, e.version) + " " + list(e.members) + tag(e.request);
  }
  static std::string line(const event::Message& e) {
    return "msg " + std::string(e.from) + " " + std::string(e.message.payload);
  }
  static std::string line(const event::Sent& e) {
    return (e.status == SendStatus::sent ? "sent" : "queued") + tag(e.request);
  }
  static std::string line(const event::Pong& e) { return "pong" + tag(e.request); }
  static std::string line(const event::Acknowledged& e) { return "ack " + std::to_string(e.received); }
  static std::string line(const event::Error& e) {
    return "error " + std::string(to_string(e.code)) + tag(e.request);
  }
  static std::string line(const event::GoingAway& e) {
    return "going-away " + std::to_string(e.reconnect_after.count());
  }
};

class TextProtocol final : public Protocol {
 public:
  std::string_view name() const noexcept override { return "text"; }

  void decode(const MessageView& message, std::vector<Command>& commands) override {
    std::string_view rest = message.bytes;
    std::string_view request;
    if (rest.starts_with('#')) request = word(rest).substr(1);
    const std::string_view verb = word(rest);
    if (verb == "join") {
      command::Join join{word(rest), {}, request};
      if (!rest.empty()) join.metadata = rest;
      commands.emplace_back(join);
    } else if (verb == "leave") {
      commands.emplace_back(command::Leave{word(rest), request});
    } else if (verb == "update") {
      const auto room = word(rest);
      commands.emplace_back(command::Update{room, rest, request});
    } else if (verb == "members") {
      commands.emplace_back(command::Members{word(rest), request});
    } else if (verb == "hall" || verb == "lodge" || verb == "seize") {
      command::Join join{word(rest), {}, request};
      join.alias = alias(rest);
      if (verb == "seize") join.alias_in_use = command::Join::AliasInUse::take_over;
      if (verb == "lodge") {
        join.alias_in_use = command::Join::AliasInUse::close;
        join.answer = command::Join::Answer::none;
      }
      join.capacity = command::Join::Capacity::unlimited;
      commands.emplace_back(join);
    } else if (verb == "reply") {
      commands.emplace_back(command::Reply{{Frame::text(rest)}});
    } else if (verb == "all" || verb == "call" || verb == "reach") {
      command::Send send;
      (verb == "all" ? send.message.room : send.message.to) = word(rest);
      send.message.payload = rest;
      send.message.audience = Audience::everybody;
      if (verb == "call") send.message.to = alias(send.message.to);
      if (verb != "all") send.message.reach = Reach::anybody;
      send.request = request;
      commands.emplace_back(send);
    } else if (verb == "send" || verb == "cast") {
      command::Send send;
      (verb == "send" ? send.message.to : send.message.room) = word(rest);
      send.message.payload = rest;
      send.request = request;
      commands.emplace_back(send);
    } else if (verb == "ping") {
      commands.emplace_back(command::Ping{request});
    } else if (verb == "bye") {
      commands.emplace_back(command::Goodbye{});
    } else {
      commands.emplace_back(command::Invalid{errc::unknown_type, {}, request});
    }
  }

  const std::shared_ptr<const Encoder>& encoder() const noexcept override {
    static const std::shared_ptr<const Encoder> shared = std::make_shared<TextEncoder>();
    return shared;
  }

 private:
  std::string_view alias(std::string_view name) { return alias_ = alias_mark + std::string(name); }
  static std::string_view word(std::string_view& rest) {
    const auto space = rest.find(' ');
    const auto first = rest.substr(0, space);
    rest = space == std::string_view::npos ? std::string_view() : rest.substr(space + 1);
    return first;
  }

  std::string alias_;  // of the command that was decoded last
};

/// At "/text", without a subprotocol.
class TextProtocolFactory final : public ProtocolFactory {
 public:
  std::string_view path() const noexcept override { return "/text"; }
  std::unique_ptr<Protocol> make(const ConnectInfo& /*info*/) const override {
    return std::make_unique<TextProtocol>();
  }
};

}  // namespace signaling::testing
