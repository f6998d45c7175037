// Path 3/8 and 6/8: the vocabulary "token-peers". All clients are in one room, with metadata once they are
// ready; the name that a client then gives itself is an alias.
#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "signaling/protocols/peer_name.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_writer.hpp"
#include "signaling/text/kept_texts.hpp"
#include "socketio/vocabularies/languages.hpp"
#include "socketio/vocabularies/vocabulary_encoder.hpp"
#include "socketio/vocabularies/vocabulary_protocol.hpp"

namespace signaling::socketio {
namespace {

using text::JsonWriter;
using text::members_of;

constexpr std::string_view language_name = "token-peers";
constexpr std::string_view alias_prefix = "\037token-peers:";
constexpr std::string_view ready_request = "ready";

std::string_view name_of(std::string_view metadata) { return protocols::claimed_name(metadata, "peerId"); }

JsonWriter& write_name(JsonWriter& out, std::string_view id, std::string_view metadata) {
  return protocols::write_peer_name(out, name_of(metadata), id);
}

/// A member of the room, in the words of this vocabulary.
JsonWriter& write_connection(JsonWriter& out, const MemberView& member) {
  const auto [type] = members_of(member.metadata, {"peerType"});
  out.raw(R"({"socketId":)").string(member.id).raw(R"(,"peerId":)");
  write_name(out, member.id, member.metadata);
  if (type.is_present()) out.raw(R"(,"peerType":)").raw(type.text);
  return out.raw("}");
}

/// What has no metadata has not said that it is ready.
bool is_ready(std::string_view metadata) noexcept { return !metadata.empty(); }

class TokenPeersEncoder final : public VocabularyEncoder {
 public:
  TokenPeersEncoder(std::string_view nsp, const VocabularyOptions& options)
      : VocabularyEncoder(nsp), members_(options.members) {}

 private:
  /// Tells the new one who is there.
  void write_joined(const event::Joined& joined, Frames& frames) const override {
    if (joined.room != token_peers_room) return;
    EventWriter event(event_header(), "message", 192 + 128 * joined.members.size());
    JsonWriter& out = event.out().raw(R"({"from":"all","target":)");
    write_name(out, joined.self.id, joined.self.metadata);
    out.raw(R"(,"payload":{"action":"open","connections":[)");
    std::string_view comma;
    for (const MemberView& member : joined.members) {
      if (!is_ready(member.metadata)) continue;
      write_connection(out.raw(comma), member);
      comma = ",";
    }
    out.raw(R"(],"bePolite":false}})");
    frames.push_back(event.finish());
  }

  void write_peer_joined(const event::PeerJoined& joined, Frames& frames) const override {
    if (joined.room == token_peers_room && is_ready(joined.peer.metadata)) write_open(joined.peer, frames);
  }

  /// A client that gets ready. Peers of other languages change their metadata for reasons of their own.
  void write_peer_updated(const event::PeerUpdated& updated, Frames& frames) const override {
    const bool has_name = !name_of(updated.peer.metadata).empty();
    if (updated.room == token_peers_room && has_name) write_open(updated.peer, frames);
  }

  void write_open(const MemberView& member, Frames& frames) const {
    EventWriter event(event_header(), "message", 256 + 2 * (member.id.size() + member.metadata.size()));
    JsonWriter& out = event.out().raw(R"({"from":)");
    write_name(out, member.id, member.metadata);
    out.raw(R"(,"target":"all","payload":{"action":"open","connections":[)");
    write_connection(out, member).raw(R"(],"bePolite":true}})");
    frames.push_back(event.finish());
  }

  void write_peer_left(const event::PeerLeft& left, Frames& frames) const override {
    if (left.room != token_peers_room || !is_ready(left.peer.metadata)) return;
    EventWriter event(event_header(), "message", 192 + left.peer.id.size() + left.peer.metadata.size());
    write_name(event.out().raw(R"({"from":)"), left.peer.id, left.peer.metadata);
    event.out().raw(R"(,"target":"all","payload":{"action":"close",)");
    event.out().raw(R"("message":"Peer has left the signaling server"}})");
    frames.push_back(event.finish());
  }

  void write_message(const event::Message& sent, Frames& frames) const override {
    const Message& message = sent.message;
    if (message.type == MessageType::event) return;
    if (message.language == language_name) return write_own(sent, frames);
    EventWriter event(event_header(), "message", expected_size(sent));
    write_name(event.out().raw(R"({"from":)"), sent.from, sent.from_metadata);
    event.out().raw(R"(,"target":)").string(message.to.empty() ? std::string_view("all") : message.to);
    write_payload(event.out().raw(R"(,"payload":)"), message).raw("}");
    frames.push_back(event.finish());
  }

  /// In the name of who has sent it.
  void write_own(const event::Message& sent, Frames& frames) const {
    static constexpr std::array<std::string_view, 1> fields{"from"};
    Content content = unpack_content(sent.message.original);
    std::string text;
    const std::string_view name = name_of(sent.from_metadata);
    if (!name.empty() || !may_say_name(content.json)) {
      text = protocols::sign(content.json, fields, protocols::peer_name(name, sent.from));
    }
    if (!text.empty()) content.json = text;
    write_content("message", content, frames);
  }

  /// Who is not ready yet has no name, and clients send all the same: under one that they claim later, as a rule.
  bool may_say_name(std::string_view message) const {
    const auto [from] = members_of(message, {"from"});
    text::KeptTexts texts;
    const std::string_view said = texts.name(from);
    if (!members_ || said.empty() || said == "all" || said.starts_with(protocols::peer_id_prefix))
      return false;
    const std::vector<Member> members = members_(token_peers_room);
    return std::ranges::none_of(members, [&](const Member& member) {
      const auto [peer] = members_of(protocols::claims_of(member.metadata.view()), {"peerId"});
      return texts.name(peer) == said;
    });
  }

  void write_refusal(const event::Error& error, Frames& frames) const override {
    event::Error told = error;
    if (error.code == errc::unauthorized) told.message = "Authentication error";
    VocabularyEncoder::write_refusal(told, frames);
  }

  void write_failure(const event::Error& error, Frames& frames) const override {
    if (error.code != errc::id_in_use || error.request != ready_request) {
      return VocabularyEncoder::write_failure(error, frames);
    }
    frames.push_back(
        write_event(event_header(), "uniquenessError",
                    R"({"message":"The peer ID is in use. Choose another one and try again."})"));
  }

  std::function<std::vector<Member>(std::string_view room)> members_;
};

class TokenPeersProtocol final : public VocabularyProtocol {
 public:
  static constexpr std::string_view language = language_name;

  TokenPeersProtocol(std::shared_ptr<const Encoder> encoder, const VocabularyOptions& /*options*/)
      : VocabularyProtocol(language, std::move(encoder)) {}

  // Messages to all reach those as well who are not ready yet.
  void open(std::string_view /*id*/, const Clock& /*clock*/, Commands& commands) override {
    command::Join join = join_everybody();
    join.request = unasked_request;
    join.answer = command::Join::Answer::none;
    commands.emplace_back(join);
  }

 private:
  static command::Join join_everybody() {
    command::Join join;
    join.room = token_peers_room;
    join.capacity = command::Join::Capacity::unlimited;
    return join;
  }

  void handle(const ClientEvent& event, Commands& commands) override {
    if (event.is("message")) return send_to_all(event, commands);
    if (event.is("messageOne")) return send_to_one(event, commands);
    if (event.is("ready")) return ready(event, commands);
  }

  void ready(const ClientEvent& event, Commands& commands) {
    const auto& [peer, type, unused] = event.arguments;
    const std::string_view name = texts().name(peer);
    if (name.empty()) return reject("The event needs a peer ID.", ready_request, commands);
    // Who is somebody else now was never there under the old name.
    if (std::exchange(was_ready_, true))
      commands.emplace_back(command::Leave{token_peers_room, unasked_request});
    command::Join join = join_everybody();
    join.request = ready_request;
    join.metadata =
        texts().keep(protocols::claimed_metadata(object_of({{"peerId", peer}, {"peerType", type}})));
    join.alias = texts().keep(std::string(alias_prefix).append(name));
    join.alias_in_use = command::Join::AliasInUse::close;
    commands.emplace_back(join);
  }

  /// What peers of other languages understand: the content, if the message is wrapped as the clients wrap it.
  static text::JsonValue payload_of(const text::JsonValue& message) {
    const auto [payload] = members_of(message.text, {"payload"});
    return payload.is_present() ? payload : message;
  }

  /// The server alone says who came and who has gone.
  static bool is_for_server(const text::JsonValue& message) {
    const auto [action] = members_of(payload_of(message).text, {"action"});
    return action.equals("open") || action.equals("close");
  }
  static constexpr std::string_view not_the_server = "'open' and 'close' are actions of the server.";

  void send_to_all(const ClientEvent& event, Commands& commands) {
    const text::JsonValue& message = event.arguments[0];
    command::Send send = make_send(MessageType::message, "message");
    if (!message.is_present()) return reject("The event needs an argument.", send.request, commands);
    if (is_for_server(message)) return reject(not_the_server, send.request, commands);
    send.message.room = token_peers_room;
    set_content(send.message, event, message.text, payload_of(message));
    commands.emplace_back(send);
  }

  void send_to_one(const ClientEvent& event, Commands& commands) {
    const text::JsonValue& message = event.arguments[0];
    const auto [target] = members_of(message.text, {"target"});
    const std::string_view name = texts().name(target);
    command::Send send = make_send(MessageType::message, "messageOne");
    if (name.empty()) return reject("The event needs an object with 'target'.", send.request, commands);
    if (is_for_server(message)) return reject(not_the_server, send.request, commands);
    send.message.to = protocols::address_of(name, alias_prefix, texts());
    set_content(send.message, event, message.text, payload_of(message));
    send.message.reach = Reach::speakers;
    send.message.audience = Audience::everybody;
    commands.emplace_back(send);
  }

  bool was_ready_ = false;
};

}  // namespace

std::shared_ptr<const Vocabulary> make_token_peers(std::string_view nsp, const VocabularyOptions& options) {
  return std::make_shared<VocabularyOf<TokenPeersEncoder, TokenPeersProtocol>>(nsp, options);
}

struct TokenPeersConnections::State : std::enable_shared_from_this<State> {
  explicit State(const Router& its_router) : router(its_router) {}

  void ask_store();
  void answer(std::error_code error, const std::string& json);

  const Router& router;
  std::mutex mutex;
  bool asking = false;
  std::vector<Done> asked;    ///< they get the answer that is under way
  std::vector<Done> waiting;  ///< and these the next one
};

TokenPeersConnections::TokenPeersConnections(const Router& router)
    : state_(std::make_shared<State>(router)) {}

void TokenPeersConnections::ask(Done done) {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->waiting.push_back(std::move(done));
    if (std::exchange(state_->asking, true)) return;
    state_->asked.swap(state_->waiting);
  }
  state_->ask_store();
}

void TokenPeersConnections::State::ask_store() {
  router.async_members(token_peers_room, [self = shared_from_this()](std::error_code error,
                                                                     const std::vector<Member>& members) {
    std::string json;
    JsonWriter out(json);
    out.raw("[");
    std::string_view comma;
    for (const Member& member : members) {
      if (!is_ready(member.metadata.view())) continue;
      write_connection(out.raw(comma), {member.id, member.metadata.view(), member.joined_at});
      comma = ",";
    }
    out.raw("]");
    self->answer(error, json);
  });
}

void TokenPeersConnections::State::answer(std::error_code error, const std::string& json) {
  std::vector<Done> answered;
  bool is_last = true;
  {
    const std::scoped_lock lock(mutex);
    answered.swap(asked);
    // A store that fails may be at its end, and the router with it: nobody is to ask again.
    if (error) std::move(waiting.begin(), waiting.end(), std::back_inserter(answered));
    if (error) waiting.clear();
    asked.swap(waiting);
    is_last = asked.empty();
    asking = !is_last;
  }
  for (Done& done : answered) done(error, json);
  if (!is_last) ask_store();
}

}  // namespace signaling::socketio
