#pragma once

#include <cstdint>
#include <string_view>

#include "signaling/core/export.hpp"

namespace signaling::socketio {

/// Why an HTTP request of Engine.IO is refused. Up to `unsupported_version`, the values are the codes that clients see.
enum class EngineError : std::uint8_t {
  transport_unknown = 0,     ///< the query names no transport, or one that is not served
  session_unknown = 1,       ///< no such `sid`, or not any more
  bad_handshake_method = 2,  ///< a request without `sid` is no GET
  bad_request = 3,           ///< anything else that the protocol forbids
  forbidden = 4,             ///< the host does not want this client
  unsupported_version = 5,   ///< `EIO` is not 4
  payload_too_large,         ///< the body exceeds EngineOptions::max_payload_bytes; no code, a status says it
};

/// The answer that says `error`. CORS headers are the driver's business; errors need them as well.
struct SIGNALING_API EngineErrorAnswer {
  unsigned status = 400;  ///< of HTTP
  /// JSON with the code and a message; empty where the status says it all.
  std::string_view body;
};

/// What to answer a request with that is refused so.
SIGNALING_API EngineErrorAnswer answer_for(EngineError error) noexcept;

}  // namespace signaling::socketio
