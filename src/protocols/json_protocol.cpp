// Path 3/8: message -> command. Next: core/peer_session.cpp
#include "protocols/json_protocol.hpp"

#include <charconv>
#include <utility>

#include "protocols/json_fields.hpp"
#include "signaling/text/json_scanner.hpp"

namespace signaling::protocols {
namespace {

using command::Invalid;
using text::JsonKind;
using text::JsonValue;

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
  Command send(MessageType type);
  Command ping();
  Command acknowledge();
  bool read_received(std::uint64_t& received);

  bool check_request();
  bool read_name(Field field, errc empty, std::string_view& name);
  bool read_address(Message& message);
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
  const JsonValue& type = fields_[Field::type];
  if (!fields_.has(Field::type) || type.kind != JsonKind::string) {
    fail(errc::bad_request, wrong_field(Field::type));
    return problem_;
  }
  for (const auto message_type : {MessageType::candidate, MessageType::message, MessageType::event,
                                  MessageType::offer, MessageType::answer}) {
    if (type.equals(to_string(message_type))) return send(message_type);
  }
  if (type.equals("join")) return join();
  if (type.equals("leave")) return leave();
  if (type.equals("update")) return update();
  if (type.equals("members")) return members();
  if (type.equals("ping")) return ping();
  if (type.equals("ack")) return acknowledge();
  fail(errc::unknown_type, describe(errc::unknown_type));
  return problem_;
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

Command Decoder::send(MessageType type) {
  command::Send send;
  send.request = request_;
  Message& message = send.message;
  message.type = type;
  if (type == MessageType::event && !read_name(Field::event, errc::bad_request, message.event))
    return problem_;
  if (!read_address(message) || !read_delivery(message.delivery)) return problem_;
  message.payload = fields_[Field::data].text;
  return send;
}

Command Decoder::ping() {
  command::Ping ping;
  ping.request = request_;
  if (fields_.has(Field::received) && !read_received(ping.received.emplace())) return problem_;
  return ping;
}

Command Decoder::acknowledge() {
  command::Acknowledge acknowledge;
  if (!read_received(acknowledge.received)) return problem_;
  return acknowledge;
}

bool Decoder::read_received(std::uint64_t& received) {
  const JsonValue& value = fields_[Field::received];
  const char* const begin = value.text.data();
  const char* const end = begin + value.text.size();
  if (value.is_present() && value.kind == JsonKind::number) {
    const auto [rest, error] = std::from_chars(begin, end, received);
    if (error == std::errc() && rest == end) return true;
  }
  return fail(errc::bad_request, wrong_field(Field::received));
}

// An empty `to` or `room` is refused here, because in a message it would mean that there is none.
bool Decoder::read_address(Message& message) {
  if (!fields_.has(Field::to) && !fields_.has(Field::room)) {
    return fail(errc::bad_request, "The message needs a field 'to' or 'room'.");
  }
  if (fields_.has(Field::to) && !read_name(Field::to, errc::bad_id, message.to)) return false;
  return !fields_.has(Field::room) || read_name(Field::room, errc::bad_id, message.room);
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
  const auto size = text::unescape_json(name, scratch_.data() + start);
  if (!size) return fail(errc::bad_request, "A name has an unpaired surrogate.");
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

// What belongs to the connection is not counted. Text that cannot be read is: the client has counted it, too.
bool JsonProtocol::is_counted(const MessageView& message) const noexcept {
  if (message.kind != MessageKind::text) return false;
  text::JsonScanner scanner(message.bytes, max_depth_);
  text::JsonMember member;
  while (scanner.next_member(member) == text::JsonScanner::Step::member) {
    if (!member.name.equals("type")) continue;
    const bool is_of_link =
        member.value.kind == JsonKind::string && (member.value.equals("ping") || member.value.equals("ack"));
    return !is_of_link;
  }
  return true;
}

void JsonProtocol::decode(const MessageView& message, std::vector<Command>& commands) {
  if (scratch_.capacity() > scratch_to_keep) std::string().swap(scratch_);
  Invalid invalid;
  if (message.kind != MessageKind::text) {
    invalid.message = "Binary messages are not supported.";
    commands.emplace_back(invalid);
    return;
  }
  JsonFields fields;
  if (!read_fields(message.bytes, max_depth_, fields)) {
    invalid.code = errc::bad_json;
    invalid.message = "The message is not a JSON object, or is nested too deeply.";
    commands.emplace_back(invalid);
    return;
  }
  commands.push_back(Decoder(fields, scratch_).decode());
}

}  // namespace signaling::protocols
