#include "signaling/socketio/engine_error.hpp"

namespace signaling::socketio {

EngineErrorAnswer answer_for(EngineError error) noexcept {
  switch (error) {
    case EngineError::transport_unknown: return {400, R"({"code":0,"message":"Transport unknown"})"};
    case EngineError::session_unknown: return {400, R"({"code":1,"message":"Session ID unknown"})"};
    case EngineError::bad_handshake_method: return {400, R"({"code":2,"message":"Bad handshake method"})"};
    case EngineError::bad_request: break;
    case EngineError::forbidden: return {403, R"({"code":4,"message":"Forbidden"})"};
    case EngineError::unsupported_version:
      return {400, R"({"code":5,"message":"Unsupported protocol version"})"};
    case EngineError::payload_too_large: return {413, {}};
  }
  return {400, R"({"code":3,"message":"Bad request"})"};
}

}  // namespace signaling::socketio
