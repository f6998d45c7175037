// Path 5/8: an envelope on its way to another node. Next: redis/store_engine_inbox.cpp there
#include "redis/envelope_codec.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace signaling::redis {
namespace {

constexpr char format_version = 1;

constexpr std::array texts{&Envelope::event,    &Envelope::from,     &Envelope::to,
                           &Envelope::room,     &Envelope::payload,  &Envelope::from_metadata,
                           &Envelope::language, &Envelope::original, &Envelope::from_rooms};

void append_length(std::string& bytes, std::size_t length) {
  while (length >= 0x80) {
    bytes += static_cast<char>(0x80 | (length & 0x7F));
    length >>= 7;
  }
  bytes += static_cast<char>(length);
}

bool take_length(std::string_view& bytes, std::size_t& length) {
  length = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (bytes.empty()) return false;
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    length |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return length <= bytes.size();
  }
  return false;
}

void append_number(std::string& bytes, std::uint64_t number) {
  for (unsigned shift = 0; shift < 64; shift += 8) bytes += static_cast<char>((number >> shift) & 0xFF);
}

bool take_number(std::string_view& bytes, std::uint64_t& number) {
  number = 0;
  if (bytes.size() < 8) return false;
  for (unsigned i = 0; i < 8; ++i) {
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  bytes.remove_prefix(8);
  return true;
}

template <class Enum>
bool take_enum(std::string_view& bytes, Enum last, Enum& value) {
  if (bytes.empty()) return false;
  const auto number = static_cast<std::uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  if (number > static_cast<std::uint8_t>(last)) return false;
  value = static_cast<Enum>(number);
  return true;
}

bool take_flag(std::string_view& bytes, bool& value) {
  if (bytes.empty() || static_cast<unsigned char>(bytes.front()) > 1) return false;
  value = bytes.front() != 0;
  bytes.remove_prefix(1);
  return true;
}

}  // namespace

void append_envelope(std::string& bytes, const Envelope& envelope) {
  for (const char byte : {format_version, static_cast<char>(envelope.type), static_cast<char>(envelope.kind),
                          static_cast<char>(envelope.delivery), static_cast<char>(envelope.audience),
                          static_cast<char>(envelope.reach), static_cast<char>(envelope.names_room)}) {
    bytes += byte;
  }
  append_number(bytes, envelope.from_epoch);
  append_number(bytes, envelope.from_joined_at);
  for (const auto text : texts) {
    append_length(bytes, (envelope.*text).size());
    bytes += envelope.*text;
  }
}

bool take_envelope(std::string_view& bytes, Envelope& envelope) {
  if (bytes.empty() || bytes.front() != format_version) return false;
  bytes.remove_prefix(1);
  const bool enums = take_enum(bytes, EnvelopeType::event, envelope.type) &&
                     take_enum(bytes, MessageKind::binary, envelope.kind) &&
                     take_enum(bytes, Delivery::volatile_, envelope.delivery) &&
                     take_enum(bytes, Audience::everybody, envelope.audience) &&
                     take_enum(bytes, Reach::anybody, envelope.reach) &&
                     take_flag(bytes, envelope.names_room);
  const bool numbers =
      enums && take_number(bytes, envelope.from_epoch) && take_number(bytes, envelope.from_joined_at);
  if (!numbers) return false;
  for (const auto text : texts) {
    std::size_t length = 0;
    if (!take_length(bytes, length)) return false;
    envelope.*text = bytes.substr(0, length);
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace signaling::redis
