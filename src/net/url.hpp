#pragma once

#include <string_view>

#include "signaling/net/http.hpp"

namespace signaling::net {

/// The value of the first `name=value` in a query, decoded, with `+` as space.
QueryValue query_value(std::string_view query, std::string_view name);

/// A request target in origin-form, split at the first `?`.
struct TargetParts {
  std::string_view path;
  std::string_view query;
};
TargetParts split_target(std::string_view target) noexcept;

}  // namespace signaling::net
