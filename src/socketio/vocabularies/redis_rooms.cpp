// Path 3/8 and 6/8: the vocabulary "redis-rooms". A room is all there is: offers go to all others in it, and
// who is meant is for the clients to see.
#include <array>
#include <string>

#include "socketio/vocabularies/languages.hpp"
#include "socketio/vocabularies/vocabulary_encoder.hpp"
#include "socketio/vocabularies/vocabulary_protocol.hpp"

namespace signaling::socketio {
namespace {

/// `offer(roomId, userId, offer)` from a client becomes `offer({userId, offer})` at the others.
struct Relayed {
  std::string_view event;
  std::string_view field;
  MessageType type;
};
constexpr std::array<Relayed, 3> relayed{{
    {"ice-candidate", "candidate", MessageType::candidate},
    {"offer", "offer", MessageType::offer},
    {"answer", "answer", MessageType::answer},
}};

constexpr std::string_view language_name = "redis-rooms";

class RedisRoomsEncoder final : public VocabularyEncoder {
 public:
  RedisRoomsEncoder(std::string_view nsp, const VocabularyOptions& /*options*/) : VocabularyEncoder(nsp) {}

 private:
  void write_joined(const event::Joined& joined, Frames& frames) const override {
    EventWriter event(event_header(), "room-users", 64 * (joined.members.size() + 2));
    event.out().raw("[");
    for (const MemberView& member : joined.members) event.out().string(member.id).raw(",");
    event.out().string(joined.self.id).raw("]");
    frames.push_back(event.finish());
  }

  void write_peer_joined(const event::PeerJoined& joined, Frames& frames) const override {
    EventWriter event(event_header(), "user-connected", 64 + joined.peer.id.size());
    event.out().string(joined.peer.id);
    frames.push_back(event.finish());
  }

  void write_message(const event::Message& sent, Frames& frames) const override {
    const Message& message = sent.message;
    for (const Relayed& entry : relayed) {
      if (entry.type != message.type) continue;
      if (message.language == language_name) {
        write_content(entry.event, unpack_content(message.original), frames);
      } else {
        frames.push_back(write(sent, entry));
      }
    }
  }

  Frame write(const event::Message& sent, const Relayed& entry) const {
    EventWriter event(event_header(), entry.event, expected_size(sent));
    event.out().raw(R"({"userId":)").string(sent.from).raw(R"(,")").raw(entry.field).raw(R"(":)");
    write_payload(event.out(), sent.message).raw("}");
    return event.finish();
  }
};

class RedisRoomsProtocol final : public VocabularyProtocol {
 public:
  static constexpr std::string_view language = language_name;

  RedisRoomsProtocol(std::shared_ptr<const Encoder> encoder, const VocabularyOptions& /*options*/)
      : VocabularyProtocol(language, std::move(encoder)) {}

 private:
  void handle(const ClientEvent& event, Commands& commands) override {
    if (event.is("join-room")) return join(event, commands);
    for (const Relayed& entry : relayed) {
      if (event.is(entry.event)) return relay(event, entry, commands);
    }
  }

  void join(const ClientEvent& event, Commands& commands) {
    command::Join join;
    join.room = texts().name(event.arguments[0]);
    join.request = "join-room";
    if (join.room.empty()) return reject("The event needs the name of a room.", join.request, commands);
    commands.emplace_back(join);
  }

  void relay(const ClientEvent& event, const Relayed& entry, Commands& commands) {
    const auto& [room, user, data] = event.arguments;
    command::Send send = make_send(entry.type, entry.event);
    send.message.room = texts().name(room);
    if (send.message.room.empty() || !data.is_present()) {
      return reject("The event needs a room, a user and data.", entry.event, commands);
    }
    set_content(send.message, event, texts().keep(object_of({{"userId", user}, {entry.field, data}})), data);
    commands.emplace_back(send);
  }
};

}  // namespace

std::shared_ptr<const Vocabulary> make_redis_rooms(std::string_view nsp, const VocabularyOptions& options) {
  return std::make_shared<VocabularyOf<RedisRoomsEncoder, RedisRoomsProtocol>>(nsp, options);
}

}  // namespace signaling::socketio
