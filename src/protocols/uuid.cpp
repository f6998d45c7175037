#include "protocols/uuid.hpp"

#include <array>
#include <cstddef>
#include <span>

#include "signaling/text/hex.hpp"
#include "signaling/text/sha1.hpp"

namespace signaling::protocols {
namespace {

constexpr std::size_t uuid_size = 36;
constexpr std::size_t version_place = 14;

// The name space of peer ids: a UUID of version 4, as bytes.
constexpr std::string_view name_space("\xa3\x0f\xd7\x52\x6e\x91\x4c\x08\x9b\x44\x1d\xe5\x70\x2a\xc6\x3b", 16);

constexpr bool is_hyphen_place(std::size_t i) noexcept { return i == 8 || i == 13 || i == 18 || i == 23; }

// RFC 9562 4.1 and 4.2: the variant is in the two highest bits of byte 8, the version in the four of byte 6.
std::string format(std::span<const std::byte> bytes, unsigned version) {
  std::string text;
  text.reserve(uuid_size);
  for (std::size_t i = 0; i < 16; ++i) {
    auto value = std::to_integer<unsigned>(bytes[i]);
    if (i == 6) value = (value & 0x0FU) | version << 4U;
    if (i == 8) value = (value & 0x3FU) | 0x80U;
    if (is_hyphen_place(text.size())) text += '-';
    text += text::hex_digit(value >> 4U);
    text += text::hex_digit(value & 0xFU);
  }
  return text;
}

}  // namespace

std::string make_uuid(Random& random) {
  std::array<std::byte, 16> bytes{};
  random.fill(bytes);
  return format(bytes, 4);
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != uuid_size) return false;
  for (std::size_t i = 0; i < uuid_size; ++i) {
    const char c = text[i];
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (is_hyphen_place(i) ? c != '-' : !is_digit) return false;
  }
  return true;
}

std::string uuid_of(std::string_view peer_id) {
  if (is_uuid(peer_id)) return std::string(peer_id);
  const auto digest = text::sha1(std::string(name_space).append(peer_id));
  return format(std::as_bytes(std::span(digest)), 5);
}

bool may_be_derived(std::string_view uuid) noexcept {
  return uuid.size() == uuid_size && uuid[version_place] == '5';
}

}  // namespace signaling::protocols
