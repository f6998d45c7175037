// Path 3/8: message -> command. Next: core/peer_session.cpp
#include "signaling/protocols/godot.hpp"

#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "protocols/godot_encoder.hpp"
#include "protocols/godot_lobby.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_writer.hpp"
#include "signaling/text/kept_texts.hpp"

namespace signaling::protocols {
namespace {

using text::JsonKind;
using text::JsonValue;

using Commands = std::vector<Command>;

constexpr std::size_t lobby_name_size = 16;
// Members whose numbers were looked for; more are looked for again.
constexpr std::size_t max_known_numbers = 1000;

// Clients read their errors from the reason.
void end_client(std::string_view reason, Commands& commands) {
  commands.emplace_back(command::Reply{{Frame::close(godot_error_code, reason)}});
}

// A number without its fraction, which Godot writes or not. Nothing: it is none, negative, or in another form.
std::optional<std::uint64_t> whole_number(const JsonValue& value) {
  if (value.kind != JsonKind::number) return std::nullopt;
  const std::string_view text = value.text.substr(0, value.text.find('.'));
  std::uint64_t number = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && last == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// 95 random bits. The first character tells what kind of lobby it is.
std::string new_lobby(bool is_mesh) {
  static constexpr std::string_view characters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::array<std::byte, 4 * lobby_name_size> bytes{};
  system_random().fill(bytes);
  std::string name;
  for (std::size_t i = 0; i < lobby_name_size; ++i) {
    std::uint32_t value = 0;
    for (std::size_t k = 0; k < 4; ++k)
      value = value << 8U | std::to_integer<std::uint32_t>(bytes[4 * i + k]);
    const std::string_view choice = i != 0    ? characters
                                    : is_mesh ? characters.substr(10)
                                              : characters.substr(0, 10);
    name += choice[value % choice.size()];
  }
  return name;
}

// The data of a message as other languages know it. A candidate is "\n<mid>\n<index>\n<candidate>".
std::string description_of(MessageType type, const JsonValue& data) {
  const std::string text = data.as_string().value_or("");
  std::string payload;
  text::JsonWriter out(payload);
  if (type != MessageType::candidate) {
    out.raw(R"({"type":")").raw(to_string(type)).raw(R"(","sdp":)").string(text).raw("}");
    return payload;
  }
  std::string_view rest = text;
  std::array<std::string_view, 3> parts;
  for (std::string_view& part : parts) {
    if (rest.starts_with('\n')) rest.remove_prefix(1);
    part = &part == &parts.back() ? rest : rest.substr(0, rest.find('\n'));
    rest.remove_prefix(part.size());
  }
  unsigned index = 0;
  std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), index);
  out.raw("{\"candidate\":").string(parts[2]).raw(",\"sdpMid\":").string(parts[0]);
  out.raw(",\"sdpMLineIndex\":").number(index).raw("}");
  return payload;
}

class GodotProtocol final : public Protocol {
 public:
  GodotProtocol(std::shared_ptr<const GodotOptions> options, GodotEncoder::MembersOf members,
                std::shared_ptr<const Encoder> encoder)
      : options_(std::move(options)), members_(std::move(members)), encoder_(std::move(encoder)) {}

  std::string_view name() const noexcept override { return godot_language; }
  void open(std::string_view id, const Clock& clock, Commands& commands) override;
  void decode(const MessageView& message, Commands& commands) override;
  std::optional<TimePoint> deadline() const noexcept override { return deadline_; }
  void on_deadline(Commands& commands) override;
  const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }

 private:
  void join(bool is_mesh, std::string_view lobby, Commands& commands);
  void announce(Commands& commands);
  void relay(MessageType type, std::uint64_t number, const JsonValue& data, Commands& commands);
  void seal(Commands& commands);
  PeerId find(std::uint64_t number);

  const std::shared_ptr<const GodotOptions> options_;
  const GodotEncoder::MembersOf members_;
  const std::shared_ptr<const Encoder> encoder_;
  const Clock* clock_ = nullptr;
  std::optional<TimePoint> deadline_;
  std::string lobby_;  // empty: in none
  std::string room_;
  bool is_host_ = false;
  bool is_sealed_ = false;
  text::KeptTexts texts_;
  std::map<std::uint64_t, PeerId> numbers_;
};

void GodotProtocol::open(std::string_view /*id*/, const Clock& clock, Commands& /*commands*/) {
  clock_ = &clock;
  if (options_->join_timeout.count() > 0) deadline_ = clock.now() + options_->join_timeout;
}

void GodotProtocol::on_deadline(Commands& commands) {
  deadline_.reset();
  if (lobby_.empty()) return end_client("Have not joined lobby yet", commands);
  command::Send send;
  send.message.type = MessageType::event;
  send.message.event = "seal-complete";
  send.message.room = room_;
  send.message.payload = "null";
  send.message.audience = Audience::everybody;
  send.message.language = godot_language;
  send.message.original = godot_complete;
  commands.emplace_back(send);
}

void GodotProtocol::decode(const MessageView& message, Commands& commands) {
  texts_.clear();
  if (message.kind == MessageKind::binary) return end_client("Invalid transfer mode, must be text", commands);
  static constexpr std::array<std::string_view, 3> names{"type", "id", "data"};
  std::array<JsonValue, 3> fields;
  const bool is_object = text::read_members(message.bytes, names, fields, options_->max_json_depth);
  const auto type = whole_number(fields[0]);
  const auto id = whole_number(fields[1]);
  if (!is_object || !type || !id) return end_client("Invalid message format", commands);
  if (*type >= godot_types) return end_client("Invalid command", commands);
  const JsonValue& data = fields[2];
  const auto kind = static_cast<GodotType>(*type);
  if (kind == GodotType::join) return join(*id == 0, texts_.name(data), commands);
  if (lobby_.empty()) return end_client("Invalid message when not in a lobby", commands);
  switch (kind) {
    case GodotType::offer: return relay(MessageType::offer, *id, data, commands);
    case GodotType::answer: return relay(MessageType::answer, *id, data, commands);
    case GodotType::candidate: return relay(MessageType::candidate, *id, data, commands);
    case GodotType::seal: return seal(commands);
    default: return end_client("Invalid command", commands);
  }
}

void GodotProtocol::join(bool is_mesh, std::string_view lobby, Commands& commands) {
  if (!lobby_.empty()) return end_client("Already in a lobby", commands);
  deadline_.reset();
  is_host_ = lobby.empty();
  lobby_ = is_host_ ? new_lobby(is_mesh) : std::string(lobby);
  room_ = options_->room_prefix + lobby_;
  command::Join join;
  join.room = room_;
  join.metadata = is_host_ ? godot_host_metadata : godot_client_claim;
  join.request = godot_join_request;
  if (is_host_) join.alias = texts_.keep(std::string(godot_alias_prefix) + lobby_);
  commands.emplace_back(join);
  if (!is_host_ && is_client_server(lobby_)) announce(commands);
}

void GodotProtocol::announce(Commands& commands) {
  command::Send send;
  send.message.type = MessageType::event;
  send.message.event = "joined";
  send.message.to = texts_.keep(std::string(godot_alias_prefix) + lobby_);
  send.message.payload = "null";
  send.message.reach = Reach::speakers;
  send.message.language = godot_language;
  send.message.original = godot_here;
  commands.emplace_back(send);
}

// A receiver that has just left is not an error of the sender.
void GodotProtocol::relay(MessageType type, std::uint64_t number, const JsonValue& data, Commands& commands) {
  const bool is_out_of_sight = is_client_server(lobby_) && !is_host_ && number != 1;
  PeerId to = is_out_of_sight ? PeerId() : find(number);
  if (to.empty()) {
    commands.emplace_back(command::Invalid{errc::peer_not_found, {}, {}});
    return;
  }
  command::Send send;
  send.message.type = type;
  send.message.to = texts_.keep(std::move(to));
  send.message.room = room_;
  send.message.payload = texts_.keep(description_of(type, data));
  send.message.language = godot_language;
  send.message.original = data.kind == JsonKind::string && data.is_present() ? data.text : "\"\"";
  commands.emplace_back(send);
}

void GodotProtocol::seal(Commands& commands) {
  if (!is_host_) return end_client("Only host can seal the lobby", commands);
  if (std::exchange(is_sealed_, true)) return;
  deadline_ = clock_->now() + options_->seal_time;
  commands.emplace_back(command::Update{room_, godot_sealed_claim, godot_seal_request});
}

PeerId GodotProtocol::find(std::uint64_t number) {
  if (const auto known = numbers_.find(number); known != numbers_.end()) return known->second;
  if (numbers_.size() >= max_known_numbers) numbers_.clear();
  for (const Member& member : members_(room_)) {
    if (godot_number(member.id, member.metadata.view()) == number) return numbers_[number] = member.id;
  }
  return {};
}

}  // namespace

Godot::Godot(std::function<std::vector<Member>(std::string_view)> members, GodotOptions options)
    : options_(std::make_shared<const GodotOptions>(std::move(options))),
      members_(std::move(members)),
      encoder_(std::make_shared<const GodotEncoder>(options_, members_)) {}

std::string_view Godot::path() const noexcept { return "/godot"; }

std::unique_ptr<Protocol> Godot::make(const ConnectInfo& /*info*/) const {
  return std::make_unique<GodotProtocol>(options_, members_, encoder_);
}

}  // namespace signaling::protocols
