#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/text/percent.hpp"
#include "signaling/text/utf8.hpp"

namespace signaling::protocols {

/// What stands behind `base`, and a slash, in the path of a target.
inline std::string_view path_below(std::string_view target, std::string_view base) {
  std::string_view path = target.substr(0, target.find('?'));
  if (base.ends_with('/')) base.remove_suffix(1);
  path.remove_prefix(std::min(path.size(), base.size()));
  if (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

/// A segment of a path as a name. Nothing: it is not UTF-8 in percent-encoding.
inline std::optional<std::string> path_name(std::string_view segment) {
  auto name = text::percent_decode(segment);
  return name && text::is_utf8(*name) ? name : std::nullopt;
}

}  // namespace signaling::protocols
