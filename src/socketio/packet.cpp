// Path 3/8: message -> packet of Socket.IO. Next: socketio/connection.cpp
#include "signaling/socketio/packet.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "signaling/text/ascii.hpp"
#include "signaling/text/json_scanner.hpp"
#include "signaling/text/json_value.hpp"
#include "socketio/placeholders.hpp"

namespace signaling::socketio {
namespace {

using text::JsonKind;
using text::JsonScanner;
using text::JsonValue;

// JavaScript's largest integer that has no neighbour it is mistaken for.
constexpr std::uint64_t max_id = (std::uint64_t{1} << 53U) - 1;

constexpr std::array<std::string_view, 6> reserved_events{"connect",       "connect_error", "disconnect",
                                                          "disconnecting", "newListener",   "removeListener"};

bool has_values(PacketType type) noexcept {
  return type == PacketType::event || type == PacketType::ack || type == PacketType::binary_event ||
         type == PacketType::binary_ack;
}

bool is_event(PacketType type) noexcept {
  return type == PacketType::event || type == PacketType::binary_event;
}

bool is_binary(PacketType type) noexcept {
  return type == PacketType::binary_event || type == PacketType::binary_ack;
}

// Takes the digits at the front of `text`. Nothing: there are none, or they are too large a number.
std::optional<std::uint64_t> take_number(std::string_view& text) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

PacketError take_attachments(std::string_view& text, std::size_t max_attachments,
                             PacketHeader& header) noexcept {
  const auto count = take_number(text);
  if (!count || !text.starts_with('-')) return PacketError::bad_attachments;
  text.remove_prefix(1);
  if (max_attachments != 0 && *count > max_attachments) return PacketError::too_many_attachments;
  header.attachments = static_cast<std::size_t>(*count);
  return PacketError::none;
}

// A namespace begins with a slash and ends before a comma, or with the packet. All other characters are part of it, those
// of a query too. Control characters could break the answer apart on its way through a polling payload.
PacketError take_namespace(std::string_view& text, std::size_t max_bytes, PacketHeader& header) noexcept {
  if (!text.starts_with('/')) return PacketError::none;
  header.nsp = text.substr(0, text.find(','));
  text.remove_prefix(std::min(header.nsp.size() + 1, text.size()));
  const bool control = std::any_of(header.nsp.begin(), header.nsp.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '\x7F';
  });
  if (control || (max_bytes != 0 && header.nsp.size() > max_bytes)) return PacketError::bad_namespace;
  return PacketError::none;
}

PacketError take_id(std::string_view& text, PacketHeader& header) noexcept {
  const bool is_ack = header.type == PacketType::ack || header.type == PacketType::binary_ack;
  if (text.empty() || !text::is_digit(text[0])) return is_ack ? PacketError::bad_id : PacketError::none;
  header.id = take_number(text);
  if (!header.id || *header.id > max_id || !has_values(header.type)) return PacketError::bad_id;
  return PacketError::none;
}

}  // namespace

PacketError PacketDecoder::decode(std::string_view text, Packet& packet) {
  packet = Packet();
  if (text.empty() || text[0] < '0' || text[0] > '6') return PacketError::unknown_type;
  PacketHeader& header = packet.header;
  header.type = static_cast<PacketType>(text[0] - '0');
  text.remove_prefix(1);
  PacketError error = PacketError::none;
  if (is_binary(header.type)) error = take_attachments(text, limits_.max_attachments, header);
  if (error == PacketError::none) error = take_namespace(text, limits_.max_name_bytes, header);
  if (error == PacketError::none) error = take_id(text, header);
  if (error != PacketError::none) return error;
  packet.payload = text;
  return decode_payload(packet);
}

PacketError PacketDecoder::decode_payload(Packet& packet) {
  JsonValue value;
  switch (packet.header.type) {
    case PacketType::connect:
      if (packet.payload.empty()) return PacketError::none;
      break;
    case PacketType::disconnect: return packet.payload.empty() ? PacketError::none : PacketError::bad_payload;
    case PacketType::connect_error: break;
    case PacketType::event:
    case PacketType::ack:
    case PacketType::binary_event:
    case PacketType::binary_ack: return decode_values(packet);
  }
  // An object; an error may also be a string.
  const bool is_object = packet.payload.starts_with('{');
  const bool is_string = packet.payload.starts_with('"') && packet.header.type == PacketType::connect_error;
  if (!is_object && !is_string) return PacketError::bad_payload;
  if (!JsonScanner(packet.payload, limits_.max_json_depth).read_text(value)) return PacketError::bad_payload;
  packet.payload = value.text;
  return PacketError::none;
}

// "The payload is mandatory and MUST be a non-empty array" (event), "an array (possibly empty)" (acknowledgement).
PacketError PacketDecoder::decode_values(Packet& packet) {
  if (!packet.payload.starts_with('[')) return PacketError::bad_payload;
  JsonScanner scanner(packet.payload, limits_.max_json_depth);
  PacketError error = PacketError::none;
  if (is_event(packet.header.type)) error = decode_name(scanner, packet.values);
  if (error == PacketError::none) error = decode_arguments(scanner, packet.values);
  if (error != PacketError::none) return error;
  packet.payload = packet.payload.substr(0, packet.payload.rfind(']') + 1);
  packet.values.array = packet.payload;
  if (is_binary(packet.header.type) && !placeholders_fit(packet.payload, packet.header.attachments)) {
    return PacketError::bad_placeholder;
  }
  return PacketError::none;
}

PacketError PacketDecoder::decode_name(JsonScanner& scanner, PacketValues& values) {
  JsonValue name;
  if (scanner.next_element(name) != JsonScanner::Step::member) return PacketError::bad_payload;
  values.name_json = name.text;
  values.name = name.text;
  if (name.kind == JsonKind::number) return PacketError::none;
  if (name.kind != JsonKind::string) return PacketError::bad_payload;
  values.name = name.unquoted();
  if (limits_.max_name_bytes != 0 && values.name.size() > limits_.max_name_bytes) {
    return PacketError::bad_event_name;
  }
  if (name.escaped) {
    name_.resize(values.name.size());
    const auto size = text::unescape_json(values.name, name_.data());
    if (!size) return PacketError::bad_event_name;
    values.name = std::string_view(name_).substr(0, *size);
  }
  return is_reserved_event(values.name) ? PacketError::bad_event_name : PacketError::none;
}

PacketError PacketDecoder::decode_arguments(JsonScanner& scanner, PacketValues& values) {
  constexpr std::size_t few = 8;
  if (arguments_.capacity() > few) std::vector<std::string_view>().swap(arguments_);
  arguments_.clear();
  JsonValue value;
  auto step = scanner.next_element(value);
  for (; step == JsonScanner::Step::member; step = scanner.next_element(value)) {
    if (limits_.max_arguments != 0 && arguments_.size() == limits_.max_arguments) {
      return PacketError::too_many_arguments;
    }
    arguments_.push_back(value.text);
  }
  if (step != JsonScanner::Step::end) return PacketError::bad_payload;
  values.arguments = arguments_;
  if (!arguments_.empty()) {
    const char* const first = arguments_.front().data();
    const char* const last = arguments_.back().data() + arguments_.back().size();
    values.arguments_text = {first, static_cast<std::size_t>(last - first)};
  }
  return PacketError::none;
}

bool is_reserved_event(std::string_view name) noexcept {
  return std::find(reserved_events.begin(), reserved_events.end(), name) != reserved_events.end();
}

std::string_view to_string(PacketError error) noexcept {
  switch (error) {
    case PacketError::none: return "none";
    case PacketError::unknown_type: return "unknown_type";
    case PacketError::bad_attachments: return "bad_attachments";
    case PacketError::too_many_attachments: return "too_many_attachments";
    case PacketError::bad_namespace: return "bad_namespace";
    case PacketError::bad_id: return "bad_id";
    case PacketError::bad_payload: return "bad_payload";
    case PacketError::bad_event_name: return "bad_event_name";
    case PacketError::too_many_arguments: return "too_many_arguments";
    case PacketError::bad_placeholder: return "bad_placeholder";
  }
  return "none";
}

}  // namespace signaling::socketio
