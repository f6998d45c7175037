#pragma once

#include <cstdint>

namespace signaling::websocket {

/// Why a connection ends (RFC 6455 7.4.1 and its registry). Codes 3000 to 4999 belong to libraries and
/// applications and have no names here: `static_cast<CloseCode>(4401)`.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  no_status = 1005,  ///< never sent: the Close frame had no code
  abnormal = 1006,   ///< never sent: the connection ended without a Close frame
  invalid_data = 1007,
  policy_violation = 1008,
  message_too_big = 1009,
  extension_required = 1010,
  internal_error = 1011,
  service_restart = 1012,
  try_again_later = 1013,
  bad_gateway = 1014,
  tls_failure = 1015,  ///< never sent
};

/// True if a Close frame may carry `code` (RFC 6455 7.4): 1000 to 1014 without 1004 to 1006, and 3000 to
/// 4999.
constexpr bool is_valid_on_wire(CloseCode code) noexcept {
  const auto number = static_cast<std::uint16_t>(code);
  if (number >= 3000) return number < 5000;
  return number >= 1000 && number <= 1014 && !(number >= 1004 && number <= 1006);
}

}  // namespace signaling::websocket
