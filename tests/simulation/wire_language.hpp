#pragma once

#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/protocol.hpp"

namespace signaling::simulation {

/// The language of the simulated clients: words with a space between them, `-` for an empty one.
///
/// In: `TAG join ROOM METADATA`, `TAG leave ROOM`, `TAG update ROOM METADATA`, `TAG members ROOM`,
/// `TAG send ROOM PEER TEXT` (PEER `-`: everybody else; ROOM `-`: wherever the peer is, as in languages without rooms).
/// Out: what the encoder says below; a list of members ends the line.
class WireEncoder final : public Encoder {
 public:
  void encode(const Event& event, std::vector<Frame>& frames) const override {
    std::string text;
    std::visit([&](const auto& e) { write(text, e); }, event);
    frames.push_back(Frame::text(text));
  }

 private:
  template <class... Words>
  static void put(std::string& text, const Words&... words) {
    (put_word(text, words), ...);
  }
  static void put_word(std::string& text, std::string_view word) {
    if (!text.empty()) text += ' ';
    text += word.empty() ? std::string_view("-") : word;
  }
  static void put_word(std::string& text, Version version) { put_word(text, std::to_string(version)); }
  // Who of the two is polite: the receiver, or the other.
  static std::string_view part(bool is_polite) { return is_polite ? "polite" : "impolite"; }
  static void put_members(std::string& text, const MemberView& self, std::span<const MemberView> members) {
    for (const MemberView& member : members) {
      put(text, member.id, member.metadata, part(precedes(self, member)));
    }
  }

  static void write(std::string& text, const event::Welcome& e) { put(text, "welcome", e.peer, e.resume); }
  static void write(std::string& text, const event::Joined& e) {
    put(text, "joined", e.room, e.version, e.request, e.self.metadata);
    put_members(text, e.self, e.members);
  }
  static void write(std::string& text, const event::Left& e) {
    put(text, "left", e.room, to_string(e.reason), e.request);
  }
  static void write(std::string& text, const event::PeerJoined& e) {
    put(text, "+", e.room, e.version, e.peer.id, e.peer.metadata, part(e.polite));
  }
  static void write(std::string& text, const event::PeerLeft& e) {
    put(text, "-", e.room, e.version, e.peer.id, e.peer.metadata, to_string(e.reason));
  }
  static void write(std::string& text, const event::PeerAway& e) {
    put(text, "away", e.room, e.version, e.peer.id);
  }
  static void write(std::string& text, const event::PeerBack& e) {
    put(text, "back", e.room, e.version, e.peer.id);
  }
  static void write(std::string& text, const event::PeerUpdated& e) {
    put(text, "~", e.room, e.version, e.peer.id, e.peer.metadata);
  }
  static void write(std::string& text, const event::Updated& e) {
    put(text, "updated", e.room, e.version, e.request);
  }
  static void write(std::string& text, const event::Members& e) {
    put(text, "members", e.room, e.version, e.request, e.self.metadata);
    put_members(text, e.self, e.members);
  }
  static void write(std::string& text, const event::Message& e) {
    put(text, "message", e.from, e.message.room, e.message.to, e.message.payload);
  }
  static void write(std::string& text, const event::Sent& e) { put(text, "sent", e.request); }
  static void write(std::string& text, const event::Pong& e) { put(text, "pong", e.request); }
  static void write(std::string& text, const event::Acknowledged& e) { put(text, "ack", e.received); }
  static void write(std::string& text, const event::Error& e) {
    put(text, "error", to_string(e.code), e.request);
  }
  static void write(std::string& text, const event::GoingAway& /*e*/) { put(text, "going-away"); }
};

/// The words of a line; `-` is an empty one, unless it comes first.
inline std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const auto space = line.find(' ');
    const auto word = line.substr(0, space);
    words.push_back(word == "-" && !words.empty() ? std::string_view() : word);
    line = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  }
  return words;
}

/// The number that a word begins with.
inline std::uint64_t number_in(std::string_view word) {
  std::uint64_t number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

class WireProtocol final : public Protocol {
 public:
  std::string_view name() const noexcept override { return "simulation"; }

  void decode(const MessageView& message, std::vector<Command>& commands) override {
    const auto words = words_of(message.bytes);
    const std::string_view tag = words.at(0);
    const std::string_view verb = words.at(1);
    const std::string_view room = words.at(2);
    if (verb == "join") {
      command::Join join{room, {}, tag};
      join.metadata = words.at(3);
      commands.emplace_back(join);
    } else if (verb == "leave") {
      commands.emplace_back(command::Leave{room, tag});
    } else if (verb == "update") {
      commands.emplace_back(command::Update{room, words.at(3), tag});
    } else if (verb == "members") {
      commands.emplace_back(command::Members{room, tag});
    } else {
      command::Send send;
      send.message.room = room;
      send.message.to = words.at(3);
      send.message.payload = words.at(4);
      if (room.empty()) send.message.reach = Reach::anybody;
      send.request = tag;
      commands.emplace_back(send);
    }
  }

  const std::shared_ptr<const Encoder>& encoder() const noexcept override {
    static const std::shared_ptr<const Encoder> shared = std::make_shared<WireEncoder>();
    return shared;
  }
};

}  // namespace signaling::simulation
