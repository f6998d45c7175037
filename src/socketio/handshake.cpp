#include <string>

#include "signaling/socketio/socket.hpp"

namespace signaling::socketio {
namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 3986 2.1; a plus is a space in queries, as forms and URLSearchParams write it.
std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

}  // namespace

std::string_view Handshake::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : request->headers) {
    if (key == name) return value;
  }
  return {};
}

std::optional<std::string> Handshake::query(std::string_view name) const {
  std::string_view rest = request->target;
  const std::size_t start = rest.find('?');
  rest = start == std::string_view::npos ? std::string_view() : rest.substr(start + 1);
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const std::size_t equals = part.find('=');
    if (percent_decoded(part.substr(0, equals)) != name) continue;
    return percent_decoded(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace signaling::socketio
