// Path 3/8 and 6/8: the vocabulary "rooms-mesh". Clients see each other in rooms and send offers to socket
// ids, which are the ids of the router. `send-offer` and the like go to everybody in the namespace, for which
// there is a room of its own.
#include <array>
#include <string>

#include "signaling/protocols/peer_name.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_writer.hpp"
#include "signaling/text/utc_string.hpp"
#include "socketio/vocabularies/languages.hpp"
#include "socketio/vocabularies/vocabulary_encoder.hpp"
#include "socketio/vocabularies/vocabulary_protocol.hpp"

namespace signaling::socketio {
namespace {

using protocols::sign;
using text::JsonValue;
using text::JsonWriter;
using text::members_of;

struct Relayed {
  MessageType type;
  std::string_view direct;   ///< from and to one client
  std::string_view field;    ///< what of its argument is meant for the other side
  std::string_view send;     ///< from a client to everybody
  std::string_view receive;  ///< the same, as it arrives
};
// Clients misspell the field of candidates.
constexpr std::array<Relayed, 3> relayed{{
    {MessageType::candidate, "ice_candidate", "iccCandidate", "send-icecandidate", "receive-icecandidate"},
    {MessageType::offer, "offer", "offer", "send-offer", "receive-offer"},
    {MessageType::answer, "answer", "answer", "send-answer", "receive-answer"},
}};
// Clients listen to the one, the original server sends the other.
constexpr std::string_view second_candidate_event = "ice-candidate";

constexpr std::string_view language_name = "rooms-mesh";
constexpr std::array<std::string_view, 1> sender_fields{"fromPeer"};

/// What people call a member: text, or nothing.
JsonValue person_of(std::string_view metadata) {
  const auto [person] = members_of(metadata, {"personName"});
  return person.kind == text::JsonKind::string ? person : JsonValue();
}

class RoomsMeshEncoder final : public VocabularyEncoder {
 public:
  RoomsMeshEncoder(std::string_view nsp, const VocabularyOptions& options)
      : VocabularyEncoder(nsp), wall_clock_(options.wall_clock) {}

 private:
  void write_joined(const event::Joined& joined, Frames& frames) const override {
    write_person("user_joined", joined.room, joined.self, frames);
  }
  void write_peer_joined(const event::PeerJoined& joined, Frames& frames) const override {
    write_person("user_joined", joined.room, joined.peer, frames);
  }
  void write_peer_left(const event::PeerLeft& left, Frames& frames) const override {
    write_person("user_left", left.room, left.peer, frames);
  }

  void write_person(std::string_view name, std::string_view room, const MemberView& member,
                    Frames& frames) const {
    if (room == rooms_mesh_room) return;
    EventWriter event(event_header(), name, 192 + room.size() + member.id.size() + member.metadata.size());
    event.out().raw("{");
    const JsonValue person = person_of(member.metadata);
    if (person.is_present()) event.out().raw(R"("personName":)").raw(person.text).raw(",");
    event.out().raw(R"("roomName":)").string(room).raw(R"(,"socketId":)").string(member.id).raw("}");
    frames.push_back(event.finish());
  }

  void write_message(const event::Message& sent, Frames& frames) const override {
    if (sent.message.type == MessageType::message) return write_text(sent, frames);
    for (const Relayed& entry : relayed) {
      if (entry.type == sent.message.type) return write_relayed(sent, entry, frames);
    }
  }

  void write_text(const event::Message& sent, Frames& frames) const {
    if (sent.message.language == language_name) {
      return write_content("message", unpack_content(sent.message.original), frames);
    }
    const JsonValue person = person_of(sent.from_metadata);
    EventWriter event(event_header(), "message", expected_size(sent));
    JsonWriter& out = event.out().raw(R"({"personName":)");
    person.is_present() ? out.raw(person.text) : out.string(sent.from);
    write_payload(out.raw(R"(,"content":)"), sent.message);
    out.raw(R"(,"timestamp":)").string(text::to_utc_string(wall_clock_())).raw("}");
    frames.push_back(event.finish());
  }

  void write_relayed(const event::Message& sent, const Relayed& entry, Frames& frames) const {
    const Message& message = sent.message;
    const bool is_own = message.language == language_name;
    if (message.to.empty() && message.room == rooms_mesh_room) {
      if (is_own) return write_content(entry.receive, unpack_content(message.original), frames);
      EventWriter event(event_header(), entry.receive, expected_size(sent));
      write_payload(event.out(), message);
      return frames.push_back(event.finish());
    }
    const bool is_candidate = entry.type == MessageType::candidate;
    if (is_own) {
      Content content = unpack_content(message.original);
      const std::string text = sign(content.json, sender_fields, text::json_string(sent.from));
      if (!text.empty()) content.json = text;
      write_content(entry.direct, content, frames);
      if (is_candidate) write_content(second_candidate_event, content, frames);
    } else {
      frames.push_back(write_direct(sent, entry, entry.direct));
      if (is_candidate) frames.push_back(write_direct(sent, entry, second_candidate_event));
    }
  }

  Frame write_direct(const event::Message& sent, const Relayed& entry, std::string_view name) const {
    EventWriter event(event_header(), name, expected_size(sent));
    event.out().raw(R"({")").raw(entry.field).raw(R"(":)");
    write_payload(event.out(), sent.message).raw(R"(,"fromPeer":)").string(sent.from);
    if (!sent.message.to.empty()) event.out().raw(R"(,"toPeer":)").string(sent.message.to);
    event.out().raw("}");
    return event.finish();
  }

  std::function<std::chrono::system_clock::time_point()> wall_clock_;
};

class RoomsMeshProtocol final : public VocabularyProtocol {
 public:
  static constexpr std::string_view language = language_name;

  RoomsMeshProtocol(std::shared_ptr<const Encoder> encoder, const VocabularyOptions& options)
      : VocabularyProtocol(language, std::move(encoder)), wall_clock_(options.wall_clock) {}

  void open(std::string_view /*id*/, const Clock& /*clock*/, Commands& commands) override {
    command::Join join;
    join.room = rooms_mesh_room;
    join.request = unasked_request;
    join.capacity = command::Join::Capacity::unlimited;
    join.answer = command::Join::Answer::none;
    commands.emplace_back(join);
  }

 private:
  void handle(const ClientEvent& event, Commands& commands) override {
    if (event.is("join_room")) return join(event, commands);
    if (event.is("leave_room")) return leave(event, commands);
    if (event.is("message")) return message(event, commands);
    for (const Relayed& entry : relayed) {
      if (event.is(entry.direct)) return send_to_peer(event, entry, commands);
      if (event.is(entry.send)) return send_to_everybody(event, entry, commands);
    }
  }

  /// The room that the event is about; empty: there is none, which the client has been told.
  std::string_view room_of(const text::JsonValue& value, std::string_view request, Commands& commands) {
    const std::string_view room = texts().name(value);
    if (!room.empty() && room != rooms_mesh_room) return room;
    reject("The event needs an object with the name of a room.", request, commands);
    return {};
  }

  void join(const ClientEvent& event, Commands& commands) {
    const auto [room, person] = members_of(event.arguments[0].text, {"roomName", "personName"});
    command::Join join;
    join.request = "join_room";
    join.room = room_of(room, join.request, commands);
    if (join.room.empty()) return;
    join.metadata = texts().keep(object_of({{"personName", person}}));
    commands.emplace_back(join);
  }

  void leave(const ClientEvent& event, Commands& commands) {
    const auto [room] = members_of(event.arguments[0].text, {"roomName"});
    command::Leave leave;
    leave.request = "leave_room";
    leave.room = room_of(room, leave.request, commands);
    if (!leave.room.empty()) commands.emplace_back(leave);
  }

  void message(const ClientEvent& event, Commands& commands) {
    const auto [room, person, content] =
        members_of(event.arguments[0].text, {"roomName", "personName", "content"});
    command::Send send = make_send(MessageType::message, "message");
    send.message.room = room_of(room, send.request, commands);
    if (send.message.room.empty()) return;
    const std::string now = '"' + text::to_utc_string(wall_clock_()) + '"';
    const text::JsonValue timestamp{text::JsonKind::string, false, now};
    const std::string text =
        object_of({{"personName", person}, {"content", content}, {"timestamp", timestamp}});
    set_content(send.message, event, texts().keep(text), content);
    send.message.audience = Audience::everybody;
    commands.emplace_back(send);
  }

  void send_to_peer(const ClientEvent& event, const Relayed& entry, Commands& commands) {
    const text::JsonValue& argument = event.arguments[0];
    const auto [to, data] = members_of(argument.text, {"toPeer", entry.field});
    command::Send send = make_send(entry.type, entry.direct);
    send.message.to = texts().name(to);
    if (send.message.to.empty())
      return reject("The event needs an object with 'toPeer'.", entry.direct, commands);
    set_content(send.message, event, argument.text, data);
    send.message.reach = Reach::speakers;
    commands.emplace_back(send);
  }

  void send_to_everybody(const ClientEvent& event, const Relayed& entry, Commands& commands) {
    const text::JsonValue& argument = event.arguments[0];
    if (!argument.is_present()) return reject("The event needs an argument.", entry.send, commands);
    command::Send send = make_send(entry.type, entry.send);
    send.message.room = rooms_mesh_room;
    set_content(send.message, event, argument.text, argument);
    commands.emplace_back(send);
  }

  std::function<std::chrono::system_clock::time_point()> wall_clock_;
};

}  // namespace

std::shared_ptr<const Vocabulary> make_rooms_mesh(std::string_view nsp, const VocabularyOptions& options) {
  return std::make_shared<VocabularyOf<RoomsMeshEncoder, RoomsMeshProtocol>>(nsp, options);
}

}  // namespace signaling::socketio
