#pragma once

#include "signaling/core/error.hpp"

namespace signaling {

/// Did nobody mean the connection to end? The rest was meant, or would happen again on the next connection.
constexpr bool is_unintended(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::lost:
    case CloseReason::timeout:
    case CloseReason::slow_consumer:
    case CloseReason::overloaded:
    case CloseReason::internal: return true;
    default: return false;
  }
}

}  // namespace signaling
