#include "frame.hpp"

#include <cstring>

namespace bench {
namespace {

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  while (bytes-- > 0) out.push_back(static_cast<char>(value >> (8 * bytes)));
}

void append_masked(std::string& out, std::string_view payload, std::uint32_t mask) {
  const std::size_t start = out.size();
  out.append(payload);
  char* const data = out.data() + start;
  const std::uint64_t wide = std::uint64_t{mask} << 32 | mask;
  std::size_t i = 0;
  for (; i + sizeof(wide) <= payload.size(); i += sizeof(wide)) {
    std::uint64_t word;
    std::memcpy(&word, data + i, sizeof(word));
    word ^= wide;
    std::memcpy(data + i, &word, sizeof(word));
  }
  char key[sizeof(mask)];
  std::memcpy(key, &mask, sizeof(mask));
  for (; i < payload.size(); ++i) data[i] = static_cast<char>(data[i] ^ key[i % sizeof(mask)]);
}

}  // namespace

void append_frame(std::string& out, Opcode opcode, std::string_view payload, std::uint32_t mask) {
  out.push_back(static_cast<char>(0x80 | static_cast<unsigned>(opcode)));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else if (payload.size() <= 0xffff) {
    out.push_back(static_cast<char>(0x80 | 126));
    append_big_endian(out, payload.size(), 2);
  } else {
    out.push_back(static_cast<char>(0x80 | 127));
    append_big_endian(out, payload.size(), 8);
  }
  out.append(reinterpret_cast<const char*>(&mask), sizeof(mask));
  append_masked(out, payload, mask);
}

FrameResult parse_frame(std::string_view bytes) {
  if (bytes.size() < 2) return {};
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  const unsigned opcode = first & 0x0f;
  const bool known = opcode == 1 || opcode == 2 || (opcode >= 8 && opcode <= 10);
  if ((first & 0xf0) != 0x80 || (second & 0x80) != 0 || !known) return {.frame = {}, .broken = true};
  std::size_t header = 2;
  std::uint64_t length = second;
  if (second >= 126) {
    const unsigned extended = second == 126 ? 2 : 8;
    header += extended;
    if (bytes.size() < header) return {};
    length = read_big_endian(bytes.substr(2, extended));
  }
  if (bytes.size() - header < length) return {};
  return {.frame = ReceivedFrame{static_cast<Opcode>(opcode), bytes.substr(header, length), header + length}};
}

}  // namespace bench
