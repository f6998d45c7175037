#include "net/url.hpp"

#include <algorithm>
#include <utility>

#include "signaling/text/percent.hpp"
#include "signaling/text/utf8.hpp"

namespace signaling::net {
QueryValue query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    if (equals == std::string_view::npos) return QueryValue(std::string());
    std::string value(pair.substr(equals + 1));
    std::replace(value.begin(), value.end(), '+', ' ');
    std::optional<std::string> decoded = text::percent_decode(value);
    if (!decoded || !text::is_utf8(*decoded)) return QueryValue::malformed();
    return QueryValue(*std::move(decoded));
  }
  return {};
}

TargetParts split_target(std::string_view target) noexcept {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return {target, {}};
  return {target.substr(0, question), target.substr(question + 1)};
}

}  // namespace signaling::net
