#pragma once

#include <cstdint>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling::socketio {

/// Why an HTTP request of Engine.IO is refused. Up to `unsupported_version`, the values are the codes that clients get.
enum class EngineError : std::uint8_t {
  transport_unknown = 0,     ///< the query names no transport, or an unsupported one
  session_unknown = 1,       ///< the `sid` is unknown or has ended
  bad_handshake_method = 2,  ///< a request without `sid` is not a GET
  bad_request = 3,           ///< anything else that the protocol forbids
  forbidden = 4,             ///< the host refuses this client
  unsupported_version = 5,   ///< `EIO` is not 4
  payload_too_large,  ///< the body exceeds EngineOptions::max_payload_bytes; the answer has a status without a code
};

/// The HTTP answer for `error`. The driver adds CORS headers, which errors need too.
struct SIGNALING_API EngineErrorAnswer {
  unsigned status = 400;  ///< of HTTP
  /// JSON with the code and a message; empty if the status suffices.
  std::string_view body;
};

/// The answer to a request that is refused with this error.
SIGNALING_API EngineErrorAnswer answer_for(EngineError error) noexcept;

}  // namespace signaling::socketio
