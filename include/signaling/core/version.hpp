#pragma once

#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling {

/// The version of the linked library, "major.minor.patch".
[[nodiscard]] SIGNALING_API std::string_view version() noexcept;

}  // namespace signaling
