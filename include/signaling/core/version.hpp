#pragma once

#include <string_view>

namespace signaling {

/// The version of the library that was linked, "major.minor.patch".
[[nodiscard]] std::string_view version() noexcept;

}  // namespace signaling
