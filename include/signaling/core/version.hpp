#pragma once

#include <string_view>

#include "signaling/core/export.hpp"

namespace signaling {

/// The version of the library that was linked, "major.minor.patch".
[[nodiscard]] SIGNALING_API std::string_view version() noexcept;

}  // namespace signaling
