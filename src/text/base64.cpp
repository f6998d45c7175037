#include "signaling/text/base64.hpp"

#include <array>

namespace signaling::text {
namespace {

constexpr std::int8_t no_value = -1;

using Alphabet = std::array<char, 64>;
using Values = std::array<std::int8_t, 256>;

constexpr Alphabet make_alphabet(char c62, char c63) {
  constexpr std::string_view common = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  Alphabet alphabet{};
  for (std::size_t i = 0; i < common.size(); ++i) alphabet[i] = common[i];
  alphabet[62] = c62;
  alphabet[63] = c63;
  return alphabet;
}

constexpr Values make_values(const Alphabet& alphabet) {
  Values values{};
  values.fill(no_value);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}

constexpr std::array<Alphabet, 2> alphabets{make_alphabet('+', '/'), make_alphabet('-', '_')};
constexpr std::array<Values, 2> all_values{make_values(alphabets[0]), make_values(alphabets[1])};

const Alphabet& alphabet_of(Base64 form) noexcept { return alphabets[static_cast<std::size_t>(form)]; }
const Values& values_of(Base64 form) noexcept { return all_values[static_cast<std::size_t>(form)]; }

std::uint32_t byte_at(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<unsigned char>(bytes[at]);
}

// One or two bytes at the end of a text, as two or three characters.
char* encode_rest(std::string_view bytes, char* out, Base64 form) noexcept {
  const Alphabet& alphabet = alphabet_of(form);
  const std::uint32_t bits = byte_at(bytes, 0) << 16U | (bytes.size() > 1 ? byte_at(bytes, 1) << 8U : 0U);
  *out++ = alphabet[bits >> 18U];
  *out++ = alphabet[bits >> 12U & 0x3FU];
  if (bytes.size() > 1) {
    *out++ = alphabet[bits >> 6U & 0x3FU];
  } else if (form == Base64::padded) {
    *out++ = '=';
  }
  if (form == Base64::padded) *out++ = '=';
  return out;
}

// Decodes two to four characters to one to three bytes. False: a character is not of the alphabet, or a bit that belongs to
// no byte is set.
bool decode_group(std::string_view group, char* out, const Values& values) noexcept {
  std::uint32_t bits = 0;
  for (const char c : group) {
    const std::int8_t value = values[static_cast<unsigned char>(c)];
    if (value == no_value) return false;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
  }
  const std::size_t bytes = group.size() - 1;
  bits <<= 6U * (4 - group.size());
  for (std::size_t i = 0; i < bytes; ++i) out[i] = static_cast<char>(bits >> (16U - 8U * i) & 0xFFU);
  return (bits & (0xFFFFFFU >> 8U * bytes)) == 0;
}

}  // namespace

int base64_value(char c, Base64 form) noexcept { return values_of(form)[static_cast<unsigned char>(c)]; }

char* encode_base64(std::string_view bytes, char* out, Base64 form) noexcept {
  const Alphabet& alphabet = alphabet_of(form);
  for (; bytes.size() >= 3; bytes.remove_prefix(3)) {
    const std::uint32_t bits = byte_at(bytes, 0) << 16U | byte_at(bytes, 1) << 8U | byte_at(bytes, 2);
    *out++ = alphabet[bits >> 18U];
    *out++ = alphabet[bits >> 12U & 0x3FU];
    *out++ = alphabet[bits >> 6U & 0x3FU];
    *out++ = alphabet[bits & 0x3FU];
  }
  return bytes.empty() ? out : encode_rest(bytes, out, form);
}

void append_base64(std::string& out, std::string_view bytes, Base64 form) {
  const std::size_t start = out.size();
  out.resize(start + base64_size(bytes.size(), form));
  encode_base64(bytes, out.data() + start, form);
}

std::string to_base64(std::string_view bytes, Base64 form) {
  std::string text;
  append_base64(text, bytes, form);
  return text;
}

std::string to_base64(std::span<const std::byte> bytes, Base64 form) {
  return to_base64(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), form);
}

std::optional<std::size_t> decode_base64(std::string_view text, char* out, Base64 form) noexcept {
  if (form == Base64::padded) {
    if (text.size() % 4 != 0) return std::nullopt;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return std::nullopt;
  const Values& values = values_of(form);
  char* const begin = out;
  while (!text.empty()) {
    const std::string_view group = text.substr(0, 4);
    if (!decode_group(group, out, values)) return std::nullopt;
    out += group.size() - 1;
    text.remove_prefix(group.size());
  }
  return static_cast<std::size_t>(out - begin);
}

std::optional<std::string> from_base64(std::string_view text, Base64 form) {
  std::string bytes(text);
  const auto size = decode_base64(bytes, bytes.data(), form);
  if (!size) return std::nullopt;
  bytes.resize(*size);
  return bytes;
}

}  // namespace signaling::text
