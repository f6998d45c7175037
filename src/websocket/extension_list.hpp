#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace signaling::websocket {

struct ExtensionParameter {
  std::string_view name;
  /// Absent: no `=`. A quoted value is unquoted.
  std::optional<std::string> value;
};

struct Extension {
  std::string_view name;
  std::vector<ExtensionParameter> parameters;
};

/// Reads the value of `Sec-WebSocket-Extensions` (RFC 6455 9.1); nothing if it breaks the grammar. The names
/// are views into `field`.
std::optional<std::vector<Extension>> parse_extensions(std::string_view field);

}  // namespace signaling::websocket
