#pragma once

#include <algorithm>
#include <string_view>

#include "signaling/text/ascii.hpp"

namespace signaling::text {

// The syntax of HTTP header field values (RFC 9110 5.6).

/// `tchar` (RFC 9110 5.6.2).
constexpr bool is_token_char(char c) noexcept {
  return is_letter(c) || is_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// `token` (RFC 9110 5.6.2): methods, field names, many field values.
constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

/// A space or a tab: optional whitespace (RFC 9110 5.6.3).
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// `text` without leading and trailing whitespace.
constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Calls `visit` with each element of a comma-separated list, trimmed and without the empty ones (RFC 9110 5.6.1),
/// until it returns false. True: it never did.
template <class Visit>
constexpr bool visit_list(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::string_view element = list.substr(0, list.find(','));
    list.remove_prefix((std::min)(list.size(), element.size() + 1));
    if (!trim(element).empty() && !visit(trim(element))) return false;
  }
  return true;
}

}  // namespace signaling::text
