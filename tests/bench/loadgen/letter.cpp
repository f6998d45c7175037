#include "letter.hpp"

#include <algorithm>
#include <cstring>

namespace bench {
namespace {

constexpr std::string_view marker = "@stamp:@";  // in no other message of any dialect
constexpr std::size_t search_limit = 256;
constexpr std::string_view line_end = R"(\r\n)";
constexpr std::size_t line_size = 60;

void write_hex(char* out, std::uint64_t value, unsigned digits) {
  for (unsigned i = 0; i < digits; ++i) out[i] = "0123456789abcdef"[(value >> (4 * (digits - 1 - i))) & 15];
}

std::uint64_t read_hex(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    value = value << 4 | (digit & 15);
  }
  return value;
}

// Every language passes it on unchanged.
void append_filler(std::string& out, std::uint32_t sender, Filler filler, std::size_t size) {
  std::uint64_t state = sender * 0x9e3779b97f4a7c15ULL + 1;
  const std::size_t end = out.size() + size;
  for (std::size_t column = 0; out.size() < end;) {
    if (filler == Filler::lines && column == line_size && end - out.size() >= line_end.size()) {
      out.append(line_end);
      column = 0;
      continue;
    }
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    out.push_back("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[state >> 58]);
    ++column;
  }
}

}  // namespace

Letter::Letter(std::uint32_t sender, std::string_view before, std::string_view after, const Payload& payload)
    : sender_(sender), text_(before), position_(before.size()) {
  const std::size_t around = before.size() + after.size() + stamp_size;
  const std::size_t filler = payload.bytes - std::min(payload.bytes, around);
  size_ = stamp_size + filler;
  text_.append(marker).append(stamp_size - marker.size(), '0');
  append_filler(text_, sender, payload.filler, filler);
  text_.append(after);
}

std::string_view Letter::write(std::uint32_t sequence, std::uint64_t time) {
  char* const out = text_.data() + position_ + marker.size();
  write_hex(out, sender_, 8);
  write_hex(out + 8, sequence, 8);
  write_hex(out + 16, time, 16);
  return text_;
}

bool Letter::is_in(std::string_view message, const Stamp& stamp) const {
  const std::string_view rest = message.substr(stamp.position);
  if (rest.size() < size_) return false;
  const std::string_view mine = std::string_view(text_).substr(position_, size_);
  const bool ends = rest.size() == size_ || rest[size_] == '"';
  return ends && rest.substr(stamp_size, size_ - stamp_size) == mine.substr(stamp_size);
}

std::optional<Stamp> find_stamp(std::string_view message) {
  const void* const found =
      ::memmem(message.data(), std::min(message.size(), search_limit), marker.data(), marker.size());
  if (found == nullptr) return std::nullopt;
  const auto position = static_cast<std::size_t>(static_cast<const char*>(found) - message.data());
  if (message.size() - position < Letter::stamp_size) return std::nullopt;
  const std::string_view stamp = message.substr(position + marker.size());
  return Stamp{static_cast<std::uint32_t>(read_hex(stamp.substr(0, 8))),
               static_cast<std::uint32_t>(read_hex(stamp.substr(8, 8))), read_hex(stamp.substr(16, 16)),
               position};
}

}  // namespace bench
