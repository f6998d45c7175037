#include "text/json_plain.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>

#include "support/exact_buffer.hpp"

using namespace signaling::text;
using signaling::testing::ExactBuffer;

namespace {

std::size_t plain_prefix(std::string_view text) {
  std::size_t size = 0;
  while (size != text.size() && is_plain(text[size])) ++size;
  return size;
}

// How much of the text is plain bytes and whole escapes of those that are common.
std::size_t common_prefix(std::string_view text) {
  std::size_t size = 0;
  for (;;) {
    size += plain_prefix(text.substr(size));
    const std::string_view rest = text.substr(size);
    if (rest.size() < 2 || rest[0] != '\\' || std::string_view(R"(nr"/)").find(rest[1]) == rest.npos)
      return size;
    size += 2;
  }
}

#if defined(__SSE2__)
constexpr std::size_t block = 16;  // what fewer bytes hold may be left
#else
constexpr std::size_t block = std::string_view::npos;
#endif

}  // namespace

TEST_CASE("JSON: the first byte that is not plain is found wherever it stands, by every variant") {
  for (std::size_t size = 0; size <= 40; ++size) {
    for (std::size_t at = 0; at <= size; ++at) {
      for (int byte = 0; byte < 256; byte += (byte >= 0x80 ? 17 : 1)) {
        std::string text(size, 'x');
        if (at < size) text[at] = static_cast<char>(byte);
        const ExactBuffer buffer(text);
        const char* const first = buffer.view().data();
        const std::size_t expected = plain_prefix(text);
        REQUIRE(static_cast<std::size_t>(skip_plain(first, first + size) - first) == expected);
        REQUIRE(static_cast<std::size_t>(skip_plain_by_words(first, first + size) - first) == expected);
      }
    }
  }
}

TEST_CASE("JSON: common escapes are passed over, but none of them in half") {
  constexpr std::array<std::string_view, 12> parts{
      "x", "n", "u", "some text", R"(\n)", R"(\r\n)", R"(\")", R"(\\)", R"(\t)", R"(\x)", "\"", "\xC3\xA9"};
  constexpr std::size_t common_parts = 7;
  std::mt19937 random(20240611);
  for (std::size_t i = 0; i < 20000; ++i) {
    std::string text;
    while (text.size() < i % 100) text += parts[random() % (random() % 8 == 0 ? parts.size() : common_parts)];
    const ExactBuffer buffer(text);
    const char* const first = buffer.view().data();
    const auto passed = static_cast<std::size_t>(skip_common_escapes(first, first + text.size()) - first);
    CAPTURE(text);
    REQUIRE(common_prefix(text.substr(0, passed)) == passed);
    REQUIRE(passed <= common_prefix(text));
    REQUIRE((passed == common_prefix(text) || text.size() - passed < block));
  }
}

TEST_CASE("JSON: control characters, quote, backslash and non-ASCII are not plain (RFC 8259 7)") {
  for (int byte = 0; byte < 256; ++byte) {
    const bool expected = byte >= 0x20 && byte <= 0x7F && byte != 0x22 && byte != 0x5C;
    CHECK(is_plain(static_cast<char>(byte)) == expected);
  }
}
