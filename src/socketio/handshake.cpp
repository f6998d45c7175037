#include <string>

#include "signaling/socketio/socket.hpp"
#include "signaling/text/percent.hpp"

namespace signaling::socketio {
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
    if (text::form_decode(part.substr(0, equals)) != name) continue;
    return text::form_decode(equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace signaling::socketio
