#include "signaling/text/http_field.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace signaling::text {
namespace {

// The elements, each with a bar behind it, up to the first that is "stop".
std::string elements_of(std::string_view list) {
  std::string elements;
  const bool all = visit_list(list, [&](std::string_view element) {
    elements.append(element).append("|");
    return element != "stop";
  });
  return all ? elements : elements + " stopped";
}

TEST_CASE("HTTP field: a token has letters, digits and fifteen marks (RFC 9110 5.6.2)") {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  for (int value = 0; value < 256; ++value) {
    CAPTURE(value);
    const char c = static_cast<char>(value);
    CHECK(is_token_char(c) == (is_letter(c) || is_digit(c) || (c != '\0' && marks.find(c) != marks.npos)));
  }
  CHECK(is_token("permessage-deflate"));
  for (const std::string_view none : {"", "a b", "a,b", "\"a\"", "\xC3\xA4"}) CHECK_FALSE(is_token(none));
}

TEST_CASE("HTTP field: optional whitespace is spaces and tabs (RFC 9110 5.6.3)") {
  CHECK(trim(" \t a b\t ") == "a b");
  CHECK(trim("\ra\n") == "\ra\n");
  CHECK(trim(" \t").empty());
}

TEST_CASE("HTTP field: a list has its elements trimmed, without empty ones (RFC 9110 5.6.1)") {
  CHECK(elements_of("").empty());
  CHECK(elements_of(" ,, ").empty());
  CHECK(elements_of("a") == "a|");
  CHECK(elements_of("a , b\t,,c,") == "a|b|c|");
  CHECK(elements_of("a,stop,b") == "a|stop| stopped");
}

}  // namespace
}  // namespace signaling::text
