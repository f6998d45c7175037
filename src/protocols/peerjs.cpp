// Path 3/8: message -> command. Next: core/peer_session.cpp
#include "signaling/protocols/peerjs.hpp"

#include <algorithm>
#include <array>
#include <forward_list>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "protocols/peerjs_encoder.hpp"
#include "protocols/peerjs_queue.hpp"
#include "signaling/protocols/peer_name.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_writer.hpp"
#include "signaling/text/kept_texts.hpp"
#include "signaling/text/percent.hpp"
#include "signaling/text/utf8.hpp"

namespace signaling::protocols {
namespace {

using text::JsonKind;
using text::JsonValue;

using Commands = std::vector<Command>;

// How often the outcome of a join is looked for: it is known at once, unless the policy or the store take time.
constexpr std::chrono::milliseconds first_look{10};
constexpr std::chrono::milliseconds longest_look{250};
// How often a join is repeated for an id that may become free, and how long after the probe must have ended.
constexpr std::chrono::milliseconds retry_interval{500};
constexpr std::chrono::milliseconds retry_slack{250};
// How often absent ids are looked for.
constexpr std::chrono::milliseconds search_interval{100};
constexpr std::uint32_t least_join_burst = 64;

/// What a client says of itself in the URL.
struct Introduction {
  std::string id;
  std::string token;
  std::string key;

  std::string* find(std::string_view name) noexcept {
    if (name == "id") return &id;
    if (name == "token") return &token;
    return name == "key" ? &key : nullptr;
  }
};

// The last value of a parameter counts. One that is not UTF-8 counts as empty.
Introduction read_introduction(std::string_view target) {
  Introduction introduction;
  const std::size_t mark = target.find('?');
  std::string_view query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    const std::string name = text::form_decode(part.substr(0, equals));
    std::string* const value = introduction.find(name);
    if (value == nullptr) continue;
    *value = equals == std::string_view::npos ? std::string() : text::form_decode(part.substr(equals + 1));
    if (!text::is_utf8(*value)) value->clear();
  }
  return introduction;
}

class PeerjsProtocol final : public Protocol {
 public:
  PeerjsProtocol(std::shared_ptr<Peerjs::Shared> shared, Introduction introduction)
      : shared_(std::move(shared)),
        encoder_(shared_, &shared_->encoder),
        introduction_(std::move(introduction)),
        name_(text::json_string(introduction_.id)),
        queue_(shared_->options) {}

  std::string_view name() const noexcept override { return peerjs_language; }
  RoomLimits room_limits(const Limits& limits) const noexcept override;
  void open(std::string_view id, const Clock& clock, Commands& commands) override;
  void decode(const MessageView& message, Commands& commands) override;
  std::optional<TimePoint> deadline() const noexcept override;
  void on_deadline(Commands& commands) override;
  void alive(Commands& commands) override;
  void closed() noexcept override;
  const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }

 private:
  enum class State : std::uint8_t { opening, contested, open, refused };

  void refuse(const Frame& answer, Commands& commands);
  void join(bool is_last, Commands& commands);
  void look_at_opening(TimePoint now, Commands& commands);
  void contest(TimePoint now, Commands& commands);
  void probe(Commands& commands);
  /// Tells another client of this protocol something that its encoder or transport is to do.
  void notify(std::string receiver, std::string_view event, Commands& commands);
  void relay(MessageType type, const JsonValue& destination, const JsonValue& payload, Commands& commands);
  void send(PeerjsMessage message, const PeerId& to, std::string_view destination, Commands& commands);
  void flush(Commands& commands);
  void expire(std::string_view id, Commands& commands);
  TimePoint now() const noexcept { return clock_->now(); }

  const std::shared_ptr<Peerjs::Shared> shared_;
  const std::shared_ptr<const Encoder> encoder_;
  const Introduction introduction_;
  const std::string name_;  // JSON
  State state_ = State::opening;
  PeerId self_;
  const Clock* clock_ = nullptr;
  std::uint64_t opening_ = 0;
  std::chrono::milliseconds next_look_ = first_look;
  std::optional<TimePoint> look_at_;       // for the outcome of the join
  std::optional<TimePoint> contested_by_;  // when the id is given up
  std::optional<TimePoint> search_at_;     // for absent ids
  PeerjsQueue queue_;
  std::forward_list<PeerjsMessage> sending_;
  text::KeptTexts texts_;
};

// A client that waits for an id repeats its join.
RoomLimits PeerjsProtocol::room_limits(const Limits& limits) const noexcept {
  RoomLimits own = Protocol::room_limits(limits);
  own.join_burst = std::max(own.join_burst, least_join_burst);
  return own;
}

void PeerjsProtocol::refuse(const Frame& answer, Commands& commands) {
  state_ = State::refused;
  commands.emplace_back(command::Reply{{answer, Frame::close(peerjs_refusal_code)}});
}

void PeerjsProtocol::open(std::string_view id, const Clock& clock, Commands& commands) {
  self_ = id;
  clock_ = &clock;
  const auto& [own, token, key] = introduction_;
  const PeerjsOptions& options = shared_->options;
  if (own.empty() || token.empty() || key.empty())
    return refuse(peerjs_error("No id, token, or key supplied to websocket server"), commands);
  if (!equal_secrets(key, options.key)) return refuse(peerjs_error("Invalid key provided"), commands);
  // These names belong to peers of other protocols.
  if (own.starts_with(peer_id_prefix)) {
    return refuse(peerjs_id_taken(), commands);
  }
  const bool is_full = options.max_clients != 0 && shared_->index.size() >= options.max_clients;
  if (is_full && !shared_->index.find(own))
    return refuse(peerjs_error("Server has reached its concurrent user limit"), commands);
  opening_ = shared_->openings.begin();
  join(options.probe_timeout.count() <= 0, commands);
  look_at_ = now() + next_look_;
}

void PeerjsProtocol::join(bool is_last, Commands& commands) {
  shared_->openings.set(opening_, PeerjsOpenings::Outcome::pending);
  command::Join join;
  join.room = shared_->room;
  join.metadata = texts_.keep(Peerjs::metadata(introduction_.id));
  join.request = texts_.keep(peerjs_join_tag(opening_, is_last));
  join.alias = texts_.keep(shared_->alias_prefix + introduction_.id);
  join.alias_in_use = command::Join::AliasInUse::replace;
  join.alias_secret = introduction_.token;
  join.capacity = command::Join::Capacity::unlimited;
  commands.emplace_back(join);
}

std::optional<TimePoint> PeerjsProtocol::deadline() const noexcept {
  if (!look_at_ || !search_at_) return look_at_ ? look_at_ : search_at_;
  return std::min(*look_at_, *search_at_);
}

void PeerjsProtocol::on_deadline(Commands& commands) {
  texts_.clear();
  sending_.clear();
  if (state_ == State::refused) return;
  if (look_at_ && *look_at_ <= now()) look_at_opening(now(), commands);
  if (search_at_ && *search_at_ <= now()) flush(commands);
}

void PeerjsProtocol::look_at_opening(TimePoint now, Commands& commands) {
  switch (shared_->openings.get(opening_)) {
    case PeerjsOpenings::Outcome::pending:
      next_look_ = std::min(2 * next_look_, longest_look);
      look_at_ = now + next_look_;
      return;
    case PeerjsOpenings::Outcome::joined:
      state_ = State::open;
      look_at_.reset();
      return;
    case PeerjsOpenings::Outcome::id_in_use: return contest(now, commands);
  }
}

// The last join answers the client, whatever comes of it.
void PeerjsProtocol::contest(TimePoint now, Commands& commands) {
  if (state_ == State::opening) {
    state_ = State::contested;
    contested_by_ = now + shared_->options.probe_timeout + retry_slack;
    probe(commands);
  } else {
    join(now >= *contested_by_, commands);
  }
  const TimePoint next = now + retry_interval;
  look_at_ = now < *contested_by_ ? std::min(next, *contested_by_) : next;
}

void PeerjsProtocol::probe(Commands& commands) {
  notify(shared_->alias_prefix + introduction_.id, peerjs_probe, commands);
}

void PeerjsProtocol::alive(Commands& commands) {
  texts_.clear();
  sending_.clear();
  for (PeerId& contender : shared_->contenders.take(introduction_.id))
    notify(std::move(contender), peerjs_taken_event, commands);
}

void PeerjsProtocol::notify(std::string receiver, std::string_view event, Commands& commands) {
  command::Send send;
  send.message.type = MessageType::event;
  send.message.event = event;
  send.message.to = texts_.keep(std::move(receiver));
  send.message.payload = "null";
  send.message.reach = Reach::speakers;
  send.message.language = peerjs_language;
  send.message.original = "null";
  send.request = peerjs_silent;
  commands.emplace_back(send);
}

void PeerjsProtocol::decode(const MessageView& message, Commands& commands) {
  texts_.clear();
  sending_.clear();
  if (state_ == State::refused) return;
  static constexpr std::array<std::string_view, 3> names{"type", "dst", "payload"};
  std::array<JsonValue, 3> fields;
  const bool is_object = text::read_members(message.bytes, names, fields, shared_->options.max_json_depth);
  if (!is_object) {
    commands.emplace_back(command::Invalid{errc::bad_json, {}, peerjs_silent});
    return;
  }
  const auto& [type, destination, payload] = fields;
  if (type.equals("HEARTBEAT")) return;
  if (type.equals("OFFER")) return relay(MessageType::offer, destination, payload, commands);
  if (type.equals("ANSWER")) return relay(MessageType::answer, destination, payload, commands);
  if (type.equals("CANDIDATE")) return relay(MessageType::candidate, destination, payload, commands);
  if (type.equals("LEAVE")) return relay(MessageType::event, destination, payload, commands);
  commands.emplace_back(command::Invalid{errc::unknown_type, {}, peerjs_silent});
}

void PeerjsProtocol::relay(MessageType type, const JsonValue& destination, const JsonValue& payload,
                           Commands& commands) {
  const std::string id = destination.as_string().value_or("");
  const bool is_leave = type == MessageType::event;
  if (id.empty()) {
    if (is_leave) {
      commands.emplace_back(command::Goodbye{});
    } else {
      commands.emplace_back(command::Invalid{errc::bad_request, {}, peerjs_silent});
    }
    return;
  }
  PeerjsMessage message{type, {}, 0, payload.text.size()};
  message.text.reserve(64 + name_.size() + destination.text.size() + payload.text.size());
  text::JsonWriter out(message.text);
  out.raw(R"({"type":")").raw(to_peerjs(type)).raw("\",").raw(peerjs_ends(name_, destination.text));
  if (payload.is_present()) out.raw(",\"payload\":");
  message.payload_at = message.text.size();
  out.raw(payload.text).raw("}");

  const auto receiver = shared_->index.find(id);
  if (receiver) {
    if (queue_.holds(id)) {
      for (PeerjsMessage& earlier : queue_.take(id)) send(std::move(earlier), *receiver, id, commands);
    }
    return send(std::move(message), *receiver, id, commands);
  }
  if (is_leave) return;
  if (!queue_.add(id, std::move(message), now())) return expire(id, commands);
  if (!search_at_) search_at_ = now() + search_interval;
}

void PeerjsProtocol::send(PeerjsMessage message, const PeerId& to, std::string_view destination,
                          Commands& commands) {
  const PeerjsMessage& sent = sending_.emplace_front(std::move(message));
  command::Send send;
  send.message.type = sent.type;
  if (sent.type == MessageType::event) {
    // Only for those whose language it is.
    if (destination.starts_with(peer_id_prefix)) return;
    send.message.event = peerjs_leave;
  }
  send.message.to = texts_.keep(to);
  send.message.room = shared_->room;
  send.message.payload = sent.payload_size == 0 ? "null" : sent.payload();
  send.message.language = peerjs_language;
  send.message.original = sent.text;
  send.request =
      texts_.keep(peerjs_message_tag(text::json_string(destination), name_, shared_->options.max_tag_bytes));
  commands.emplace_back(send);
  if (sent.type != MessageType::offer) return;
  const auto [connection, type] = text::members_of(sent.payload(), {"connectionId", "type"});
  if (connection.kind != JsonKind::string) return;
  const std::string_view kind = type.equals("media") ? "\"media\"" : "\"data\"";
  shared_->connections.set(self_, to, {std::string(connection.text), std::string(kind)});
}

void PeerjsProtocol::flush(Commands& commands) {
  for (const std::string& id : queue_.ids()) {
    const auto receiver = shared_->index.find(id);
    if (!receiver) continue;
    for (PeerjsMessage& message : queue_.take(id)) send(std::move(message), *receiver, id, commands);
  }
  for (const std::string& id : queue_.expire(now())) expire(id, commands);
  search_at_.reset();
  if (!queue_.is_empty()) search_at_ = now() + search_interval;
}

void PeerjsProtocol::expire(std::string_view id, Commands& commands) {
  const std::string ends = peerjs_ends(text::json_string(id), name_);
  commands.emplace_back(command::Reply{{Frame::text(R"({"type":"EXPIRE",)" + ends + "}")}});
}

void PeerjsProtocol::closed() noexcept {
  shared_->openings.end(opening_);
  shared_->connections.forget(self_);
  if (state_ != State::refused) (void)shared_->contenders.take(introduction_.id);
}

std::string room_of(const PeerjsOptions& options) {
  return options.room_prefix + (options.key == "peerjs" ? "" : options.key + "/") + "everybody";
}

}  // namespace

Peerjs::Shared::Shared(RoomOf room_of_name, PeerjsOptions its_options)
    : options(std::move(its_options)),
      room(room_of(options)),
      alias_prefix("\037peerjs" + (options.key == "peerjs" ? std::string() : "/" + options.key) + ":"),
      index(std::move(room_of_name), room),
      encoder(*this) {}

Peerjs::Peerjs(RoomOf room_of, PeerjsOptions options) {
  if (options.key.empty()) throw std::invalid_argument("PeerjsOptions::key must not be empty");
  shared_ = std::make_shared<Shared>(std::move(room_of), std::move(options));
}

std::unique_ptr<Protocol> Peerjs::make(const ConnectInfo& info) const {
  return std::make_unique<PeerjsProtocol>(shared_, read_introduction(info.target));
}

std::string_view Peerjs::key() const noexcept { return shared_->options.key; }
std::string_view Peerjs::room() const noexcept { return shared_->room; }
std::string Peerjs::alias(std::string_view id) const { return shared_->alias_prefix + std::string(id); }

std::string Peerjs::metadata(std::string_view id) {
  return claimed_metadata("{\"peerId\":" + text::json_string(id) + "}");
}

std::string Peerjs::name_of(const Member& member) {
  return peer_name(claimed_name(member.metadata.view(), "peerId"), member.id);
}

}  // namespace signaling::protocols
