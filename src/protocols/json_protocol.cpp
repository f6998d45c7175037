// Path 3/8: message -> command. Next: core/peer_session.cpp
#include "signaling/protocols/json_protocol.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include "protocols/json_encoder.hpp"
#include "protocols/json_fields.hpp"
#include "protocols/json_text.hpp"

namespace signaling::protocols {
namespace {

using command::Invalid;

constexpr std::size_t scratch_to_keep = 1024;

// Turns the fields of one message into its command. What is wrong with them ends up in `problem_`.
class Decoder {
 public:
  Decoder(const JsonFields& fields, std::string& scratch) : fields_(fields), scratch_(scratch) {}

  Command decode();

 private:
  Command dispatch();
  Command join();
  Command leave();
  Command update();
  Command members();
  Command send(EnvelopeType type);
  Command ping() const;

  bool check_request();
  bool read_type(std::string_view& type, std::array<char, 64>& buffer);
  bool read_name(Field field, errc empty, std::string_view& name);
  bool read_address(Envelope& envelope);
  bool read_delivery(Delivery& delivery);
  void reserve_scratch();
  bool fail(errc code, std::string_view message);

  const JsonFields& fields_;
  std::string& scratch_;
  std::string_view request_;
  Invalid problem_;
};

bool Decoder::fail(errc code, std::string_view message) {
  problem_.code = code;
  problem_.message = message;
  problem_.request = request_;
  return false;
}

Command Decoder::decode() {
  if (!check_request()) return problem_;
  reserve_scratch();
  return dispatch();
}

// The tag of the request comes first: whatever else is wrong, the answer carries it.
bool Decoder::check_request() {
  if (fields_.repeated == Field::id) return fail(errc::bad_request, repeated_field(Field::id));
  const JsonValue& id = fields_[Field::id];
  if (fields_.has(Field::id)) {
    const bool right_kind = id.kind == JsonKind::string || id.kind == JsonKind::number;
    if (!right_kind) return fail(errc::bad_request, wrong_field(Field::id));
    request_ = id.text;
  }
  if (fields_.repeated) return fail(errc::bad_request, repeated_field(*fields_.repeated));
  return true;
}

Command Decoder::dispatch() {
  std::array<char, 64> buffer{};
  std::string_view type;
  if (!read_type(type, buffer)) return problem_;
  for (const auto envelope_type : {EnvelopeType::candidate, EnvelopeType::message, EnvelopeType::event,
                                   EnvelopeType::offer, EnvelopeType::answer}) {
    if (type == to_string(envelope_type)) return send(envelope_type);
  }
  if (type == "join") return join();
  if (type == "leave") return leave();
  if (type == "update") return update();
  if (type == "members") return members();
  if (type == "ping") return ping();
  fail(errc::unknown_type, describe(errc::unknown_type));
  return problem_;
}

bool Decoder::read_type(std::string_view& type, std::array<char, 64>& buffer) {
  const JsonValue& value = fields_[Field::type];
  if (!fields_.has(Field::type) || value.kind != JsonKind::string) {
    return fail(errc::bad_request, wrong_field(Field::type));
  }
  type = value.unquoted();
  if (!value.escaped) return true;
  const auto size = type.size() <= buffer.size() ? unescape(type, buffer.data()) : std::nullopt;
  // The longest type, "candidate", as \u escapes has 54 bytes: what does not fit is none.
  if (!size) return fail(errc::unknown_type, describe(errc::unknown_type));
  type = {buffer.data(), *size};
  return true;
}

Command Decoder::join() {
  command::Join join;
  if (!read_name(Field::room, errc::bad_id, join.room)) return problem_;
  if (fields_.has(Field::metadata)) join.metadata = fields_[Field::metadata].text;
  join.request = request_;
  return join;
}

Command Decoder::leave() {
  command::Leave leave;
  if (!read_name(Field::room, errc::bad_id, leave.room)) return problem_;
  leave.request = request_;
  return leave;
}

Command Decoder::update() {
  command::Update update;
  if (!read_name(Field::room, errc::bad_id, update.room)) return problem_;
  if (!fields_.has(Field::metadata)) {
    fail(errc::bad_request, wrong_field(Field::metadata));
    return problem_;
  }
  update.metadata = fields_[Field::metadata].text;
  update.request = request_;
  return update;
}

Command Decoder::members() {
  command::Members members;
  if (!read_name(Field::room, errc::bad_id, members.room)) return problem_;
  members.request = request_;
  return members;
}

Command Decoder::send(EnvelopeType type) {
  command::Send send;
  send.request = request_;
  Envelope& envelope = send.envelope;
  envelope.type = type;
  if (type == EnvelopeType::event && !read_name(Field::event, errc::bad_request, envelope.event))
    return problem_;
  if (!read_address(envelope) || !read_delivery(envelope.delivery)) return problem_;
  envelope.payload = fields_[Field::data].text;
  return send;
}

Command Decoder::ping() const {
  command::Ping ping;
  ping.request = request_;
  return ping;
}

// An empty `to` or `room` is refused here, because in an envelope it would mean that there is none.
bool Decoder::read_address(Envelope& envelope) {
  if (!fields_.has(Field::to) && !fields_.has(Field::room)) {
    return fail(errc::bad_request, "The message needs a field 'to' or 'room'.");
  }
  if (fields_.has(Field::to) && !read_name(Field::to, errc::bad_id, envelope.to)) return false;
  return !fields_.has(Field::room) || read_name(Field::room, errc::bad_id, envelope.room);
}

bool Decoder::read_delivery(Delivery& delivery) {
  if (!fields_.has(Field::is_volatile)) return true;
  const JsonValue& value = fields_[Field::is_volatile];
  if (value.kind != JsonKind::boolean) return fail(errc::bad_request, wrong_field(Field::is_volatile));
  if (value.text == "true") delivery = Delivery::volatile_;
  return true;
}

// The name of a room, a peer or an event.
bool Decoder::read_name(Field field, errc empty, std::string_view& name) {
  const JsonValue& value = fields_[field];
  if (!fields_.has(field) || value.kind != JsonKind::string)
    return fail(errc::bad_request, wrong_field(field));
  name = value.unquoted();
  if (name.empty()) return fail(empty, empty == errc::bad_id ? describe(errc::bad_id) : wrong_field(field));
  if (!value.escaped) return true;
  const std::size_t start = scratch_.size();
  scratch_.resize(start + name.size());
  const auto size = unescape(name, scratch_.data() + start);
  if (!size) return fail(errc::bad_request, "A name holds half of a surrogate pair.");
  scratch_.resize(start + *size);
  name = std::string_view(scratch_).substr(start);
  return true;
}

// All at once: growing later would leave views of what is there already dangling.
void Decoder::reserve_scratch() {
  std::size_t size = 0;
  for (const Field field : {Field::room, Field::to, Field::event}) {
    const JsonValue& value = fields_[field];
    if (value.escaped) size += value.unquoted().size();
  }
  scratch_.clear();
  if (size != 0) scratch_.reserve(size);
}

}  // namespace

JsonProtocol::JsonProtocol(std::shared_ptr<const Encoder> encoder, const JsonOptions& options)
    : encoder_(std::move(encoder)), max_depth_(options.max_depth) {}

void JsonProtocol::decode(const MessageView& message, std::vector<Command>& commands) {
  if (scratch_.capacity() > scratch_to_keep) std::string().swap(scratch_);
  Invalid invalid;
  if (message.kind != MessageKind::text) {
    invalid.message = "Binary messages are not understood.";
    commands.emplace_back(invalid);
    return;
  }
  JsonFields fields;
  if (!read_fields(message.bytes, max_depth_, fields)) {
    invalid.code = errc::bad_json;
    invalid.message = "The message is not a JSON object, or is nested too deep.";
    commands.emplace_back(invalid);
    return;
  }
  commands.push_back(Decoder(fields, scratch_).decode());
}

JsonProtocolFactory::JsonProtocolFactory(JsonOptions options) : options_(std::move(options)) {
  if (options_.heartbeat.count() < 0) throw std::invalid_argument("JsonOptions::heartbeat is negative");
  if (options_.max_depth > max_json_nesting)
    throw std::invalid_argument("JsonOptions::max_depth is over 1024");
  JsonValue servers;
  if (!JsonScanner(options_.ice_servers, 0).read_text(servers) || servers.kind != JsonKind::array) {
    throw std::invalid_argument("JsonOptions::ice_servers is not a JSON array");
  }
  encoder_ = std::make_shared<const JsonEncoder>(options_.heartbeat, servers.text);
}

std::unique_ptr<Protocol> JsonProtocolFactory::make() const {
  return std::unique_ptr<Protocol>(new JsonProtocol(encoder_, options_));
}

}  // namespace signaling::protocols
