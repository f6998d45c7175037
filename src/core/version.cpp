#include "signaling/core/version.hpp"

namespace signaling {

std::string_view version() noexcept { return SIGNALING_VERSION; }

}  // namespace signaling
