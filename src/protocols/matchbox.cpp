// Path 3/8: message -> command. Next: core/peer_session.cpp
#include "signaling/protocols/matchbox.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <stdexcept>
#include <utility>

#include "protocols/matchbox_encoder.hpp"
#include "protocols/matchbox_rooms.hpp"
#include "protocols/path_name.hpp"
#include "protocols/uuid.hpp"
#include "signaling/text/ascii.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/kept_texts.hpp"
#include "signaling/text/percent.hpp"

namespace signaling::protocols {

/// What all clients of a factory share.
class MatchboxState {
 public:
  using Role = MatchboxEncoder::Role;
  MatchboxState(MatchboxHosts::Members its_members, MatchboxOptions its_options)
      : members(its_members), options(std::move(its_options)), hosts(std::move(its_members)) {}

  const MatchboxHosts::Members members;
  const MatchboxOptions options;
  MatchboxGroups groups;
  MatchboxHosts hosts;
  const std::shared_ptr<const Encoder> to_members = std::make_shared<MatchboxEncoder>(Role::member);
  const std::shared_ptr<const Encoder> to_hosts = std::make_shared<MatchboxEncoder>(Role::host);
  const std::shared_ptr<const Encoder> to_clients = std::make_shared<MatchboxEncoder>(Role::client);
};

namespace {

using text::JsonKind;
using text::JsonValue;

using Commands = std::vector<Command>;
using Role = MatchboxEncoder::Role;

// Peers whose UUIDs were derived, and found; more are looked for again.
constexpr std::size_t max_known_peers = 1000;
// What the room of a group has in its name besides the path.
constexpr std::size_t max_group_suffix = 96;

// The value of the last parameter of that name, as matchbox reads queries.
std::string query_parameter(std::string_view query, std::string_view name) {
  std::string value;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (text::form_decode(pair.substr(0, equals)) != name) continue;
    value = text::form_decode(pair.substr(std::min(equals + 1, pair.size())));
  }
  return value;
}

// As Rust parses a u64. 0: it is none.
std::uint64_t parse_size(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

// The data of a signal as other languages know it.
struct Signal {
  MessageType type = MessageType::message;
  std::string payload;  // empty: the data as it is
};

// The only member of an object; without a name: it has another number of them.
text::JsonMember only_member(const JsonValue& data) {
  text::JsonScanner scanner(data.text);
  text::JsonMember first;
  text::JsonMember second;
  if (scanner.next_member(first) != text::JsonScanner::Step::member) return {};
  return scanner.next_member(second) == text::JsonScanner::Step::end ? first : text::JsonMember();
}

Signal signal_of(const JsonValue& data) {
  const auto [name, value] = only_member(data);
  if (value.kind != JsonKind::string) return {};
  for (const auto type : {MessageType::offer, MessageType::answer}) {
    if (!name.equals(type == MessageType::offer ? "Offer" : "Answer")) continue;
    return {type,
            R"({"type":")" + std::string(to_string(type)) + R"(","sdp":)" + std::string(value.text) + "}"};
  }
  if (!name.equals("IceCandidate")) return {};
  auto candidate = value.as_string();
  if (candidate == "null") candidate = R"({"candidate":""})";  // the end of gathering
  if (!candidate || !text::is_json(*candidate)) return {};
  return {MessageType::candidate, *std::move(candidate)};
}

class MatchboxProtocol final : public Protocol {
 public:
  /// `group`: the room of the path, and of how many; 0: that room is for all.
  MatchboxProtocol(std::shared_ptr<MatchboxState> state, MatchboxGroups::Key group);
  ~MatchboxProtocol() override { give_up_place(); }
  MatchboxProtocol(const MatchboxProtocol&) = delete;
  MatchboxProtocol& operator=(const MatchboxProtocol&) = delete;

  std::string_view name() const noexcept override { return matchbox_language; }
  RoomLimits room_limits(const Limits& limits) const noexcept override;
  PeerId make_peer_id(Random& random) override { return make_uuid(random); }
  void open(std::string_view id, const Clock& clock, Commands& commands) override;
  void decode(const MessageView& message, Commands& commands) override;
  void closed() noexcept override { give_up_place(); }
  const std::shared_ptr<const Encoder>& encoder() const noexcept override;

 private:
  bool is_in_group() const noexcept { return group_.second != 0; }
  PeerId find_receiver(const JsonValue& receiver);
  PeerId find_derived(const std::string& uuid);
  void give_up_place() noexcept;

  const std::shared_ptr<MatchboxState> state_;
  const MatchboxGroups::Key group_;
  std::string room_;
  bool has_place_ = true;
  Role role_ = Role::member;
  text::KeptTexts texts_;
  std::map<std::string, PeerId, std::less<>> derived_;
};

MatchboxProtocol::MatchboxProtocol(std::shared_ptr<MatchboxState> state, MatchboxGroups::Key group)
    : state_(std::move(state)), group_(std::move(group)) {
  room_ = is_in_group() ? state_->groups.enter(group_) : group_.first;
  if (state_->options.topology == MatchboxTopology::mesh) return;
  role_ = state_->hosts.enter(room_) ? Role::host : Role::client;
}

RoomLimits MatchboxProtocol::room_limits(const Limits& limits) const noexcept {
  RoomLimits own = Protocol::room_limits(limits);
  if (is_in_group() && own.max_name_bytes != 0) own.max_name_bytes += max_group_suffix;
  return own;
}

const std::shared_ptr<const Encoder>& MatchboxProtocol::encoder() const noexcept {
  if (role_ == Role::host) return state_->to_hosts;
  return role_ == Role::client ? state_->to_clients : state_->to_members;
}

void MatchboxProtocol::open(std::string_view /*id*/, const Clock& /*clock*/, Commands& commands) {
  command::Join join;
  join.room = room_;
  join.request = matchbox_join_request;
  if (role_ == Role::host) join.metadata = matchbox_host_claim;
  if (role_ == Role::client) join.metadata = matchbox_client_claim;
  if (role_ != Role::host) join.answer = command::Join::Answer::none;
  commands.emplace_back(join);
}

void MatchboxProtocol::decode(const MessageView& message, Commands& commands) {
  texts_.clear();
  const auto ignore = [&](errc code) { commands.emplace_back(command::Invalid{code, {}, {}}); };
  if (message.kind == MessageKind::binary || message.bytes == "\"KeepAlive\"") return;
  static constexpr std::array<std::string_view, 2> variants{"Signal", "KeepAlive"};
  std::array<JsonValue, 2> values;
  if (!text::read_members(message.bytes, variants, values, state_->options.max_json_depth)) {
    return ignore(errc::bad_json);
  }
  const auto& [signal, keep_alive] = values;
  if (!signal.is_present()) return keep_alive.is_present() ? void() : ignore(errc::unknown_type);
  const auto [receiver, data] = text::members_of(signal.text, {"receiver", "data"});
  if (!data.is_present()) return ignore(errc::bad_request);
  PeerId to = role_ == Role::client ? state_->hosts.host_of(room_) : find_receiver(receiver);
  if (to.empty()) return ignore(errc::peer_not_found);
  Signal known = signal_of(data);
  command::Send send;
  send.message.type = known.type;
  send.message.to = texts_.keep(std::move(to));
  send.message.room = room_;
  send.message.payload = known.payload.empty() ? data.text : texts_.keep(std::move(known.payload));
  send.message.language = matchbox_language;
  send.message.original = data.text;
  commands.emplace_back(send);
}

// Empty: that is no UUID, or no member has it.
PeerId MatchboxProtocol::find_receiver(const JsonValue& receiver) {
  const auto uuid = receiver.as_string();
  if (!uuid) return {};
  const std::string lower = text::to_lower(*uuid);
  if (!is_uuid(lower)) return {};
  return may_be_derived(lower) ? find_derived(lower) : lower;
}

PeerId MatchboxProtocol::find_derived(const std::string& uuid) {
  const auto known = derived_.find(uuid);
  if (known != derived_.end()) return known->second;
  if (derived_.size() >= max_known_peers) derived_.clear();
  for (const Member& member : state_->members(room_)) {
    if (uuid_of(member.id) == uuid) return derived_[uuid] = member.id;
  }
  return {};
}

void MatchboxProtocol::give_up_place() noexcept {
  if (!std::exchange(has_place_, false)) return;
  if (is_in_group()) state_->groups.leave(group_, room_);
  if (role_ == Role::host) state_->hosts.leave(room_);
}

}  // namespace

Matchbox::Matchbox(std::function<std::vector<Member>(std::string_view)> members, MatchboxOptions options)
    : state_(std::make_shared<MatchboxState>(std::move(members), std::move(options))) {
  if (!path().starts_with('/')) throw std::invalid_argument("MatchboxOptions::path must begin with '/'");
}

std::string_view Matchbox::path() const noexcept { return state_->options.path; }

std::unique_ptr<Protocol> Matchbox::make(const ConnectInfo& info) const {
  const std::string_view target = info.target;
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view segment = path_below(target, path());
  const auto name = path_name(segment);
  if (!name || segment.find('/') != std::string_view::npos) return nullptr;
  const MatchboxOptions& options = state_->options;
  std::string room = options.room_prefix + *name;
  if (room.empty()) return nullptr;
  const std::string_view query = target.substr(std::min(question + 1, target.size()));
  const bool is_mesh = options.topology == MatchboxTopology::mesh;
  std::uint64_t group = is_mesh ? parse_size(query_parameter(query, "next")) : 0;
  if (options.max_group != 0) group = std::min<std::uint64_t>(group, options.max_group);
  return std::make_unique<MatchboxProtocol>(state_, MatchboxGroups::Key(std::move(room), group));
}

}  // namespace signaling::protocols
