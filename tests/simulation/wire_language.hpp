#pragma once

#include <charconv>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/protocol.hpp"
#include "simulation/model_database.hpp"

namespace signaling::simulation {

/// The language of the simulated clients: words with a space between them, `-` for an empty one.
///
/// In: `TAG ack NUMBER`, `TAG join ROOM METADATA`, `TAG leave ROOM`, `TAG update ROOM METADATA`, `TAG members ROOM`,
/// `TAG send ROOM PEER TEXT` (PEER `-`: everybody else; ROOM `-`: wherever the peer is, as in languages without rooms).
/// Out: what the encoder says below; a list of members ends the line.
class WireEncoder final : public Encoder {
 public:
  /// Whether the router learns what of the messages must not get lost.
  enum class Uses : std::uint8_t { told, hidden };
  explicit WireEncoder(Uses uses) : uses_(uses) {}

  void encode(const Event& event, std::vector<Frame>& frames) const override {
    std::string text;
    std::visit([&](const auto& e) { write(text, e); }, event);
    FrameBuilder frame(text.size());
    frame.append(text);
    const FrameUse use =
        uses_ == Uses::told ? std::visit([](const auto& e) { return use_of(e); }, event) : FrameUse::link;
    frames.push_back(frame.finish(MessageKind::text, 0, use));
  }

 private:
  template <class Kind>
  static FrameUse use_of(const Kind& /*event*/) {
    return FrameUse::message;
  }
  static FrameUse use_of(const event::Welcome& /*e*/) { return FrameUse::link; }
  static FrameUse use_of(const event::Pong& /*e*/) { return FrameUse::link; }
  static FrameUse use_of(const event::Acknowledged& /*e*/) { return FrameUse::link; }
  static FrameUse use_of(const event::GoingAway& /*e*/) { return FrameUse::link; }
  static FrameUse use_of(const event::Joined& /*e*/) { return FrameUse::room; }
  static FrameUse use_of(const event::Left& /*e*/) { return FrameUse::room; }
  static FrameUse use_of(const event::Members& e) {
    return e.request.empty() ? FrameUse::change : FrameUse::room;
  }
  static FrameUse use_of(const event::PeerJoined& /*e*/) { return FrameUse::change; }
  static FrameUse use_of(const event::PeerLeft& /*e*/) { return FrameUse::change; }
  static FrameUse use_of(const event::PeerAway& /*e*/) { return FrameUse::change; }
  static FrameUse use_of(const event::PeerBack& /*e*/) { return FrameUse::change; }
  static FrameUse use_of(const event::PeerUpdated& /*e*/) { return FrameUse::change; }

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
      put(text, member.id, member.metadata, part(precedes(self, member)), member.is_away ? "away" : "here");
    }
  }

  static void write(std::string& text, const event::Welcome& e) {
    const auto count = [](const auto& value) { return value ? std::to_string(*value) : std::string(); };
    const event::Resumption none;
    const event::Resumption& answer = e.resumption ? *e.resumption : none;
    put(text, "welcome", e.peer, e.resume, std::to_string(e.keep.count()),
        e.resumption ? word_for(answer.kind) : "", answer.reason, count(answer.received), count(answer.lost));
  }
  static std::string_view word_for(event::Resumption::Kind kind) {
    switch (kind) {
      case event::Resumption::Kind::exact: return "exact";
      case event::Resumption::Kind::rooms: return "rooms";
      default: return "none";
    }
  }
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

  const Uses uses_;
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
  explicit WireProtocol(Mutant mutant) : mutant_(mutant) {}

  std::string_view name() const noexcept override { return "simulation"; }

  bool tells_resume_secret() const noexcept override { return true; }
  bool is_counted(const MessageView& message) const noexcept override {
    return !message.bytes.starts_with("a ack ");
  }

  void decode(const MessageView& message, std::vector<Command>& commands) override {
    const auto words = words_of(message.bytes);
    const std::string_view tag = words.at(0);
    const std::string_view verb = words.at(1);
    const std::string_view room = words.at(2);
    if (verb == "ack") {
      if (mutant_ != Mutant::keep_secrets) commands.emplace_back(command::Acknowledge{number_in(room)});
    } else if (verb == "join") {
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
    static const std::shared_ptr<const Encoder> shared =
        std::make_shared<WireEncoder>(WireEncoder::Uses::told);
    static const std::shared_ptr<const Encoder> mutant =
        std::make_shared<WireEncoder>(WireEncoder::Uses::hidden);
    return mutant_ == Mutant::count_nothing ? mutant : shared;
  }

 private:
  const Mutant mutant_;
};

}  // namespace signaling::simulation
