// The scanner against Boost.JSON: over many texts, right and wrong ones, both must say the same.
#include <doctest/doctest.h>

#include <array>
#include <boost/json/src.hpp>
#include <random>
#include <string>
#include <string_view>

#include "signaling/text/json_scanner.hpp"
#include "support/exact_buffer.hpp"

using namespace signaling::text;
using signaling::testing::ExactBuffer;

namespace {

constexpr std::size_t depth = 32;

enum class Verdict { accept, reject, differs_by_design };

// Boost.JSON makes characters, and so refuses escaped halves of surrogate pairs, which are within the
// grammar: it gets the text with ordinary escapes in their place.
std::string without_surrogates(std::string text) {
  constexpr std::string_view high_digits = "89abcdefABCDEF";
  for (std::size_t at = text.find("\\u"); at != std::string::npos; at = text.find("\\u", at + 1)) {
    if (text.size() - at < 6 || (text[at + 2] != 'd' && text[at + 2] != 'D')) continue;
    if (high_digits.find(text[at + 3]) != std::string_view::npos) text.replace(at + 2, 2, "00");
  }
  return text;
}

// It makes numbers too, and refuses exponents that do not fit an int.
Verdict boost_verdict(std::string_view text) {
  boost::system::error_code error;
  boost::json::parse_options options;
  options.max_depth = depth;
  boost::json::parse(without_surrogates(std::string(text)), error, {}, options);
  if (error == boost::json::error::exponent_overflow) return Verdict::differs_by_design;
  return error ? Verdict::reject : Verdict::accept;
}

Verdict scanner_verdict(std::string_view text) {
  const ExactBuffer buffer(text);
  JsonValue value;
  return JsonScanner(buffer.view(), depth).read_text(value) ? Verdict::accept : Verdict::reject;
}

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::string value(int levels) {
    switch (levels == 0 ? below(4) : below(7)) {
      case 0: return pick(words);
      case 1: return number();
      case 2:
      case 3: return string();
      case 4: return sequence('[', ']', levels, [this](int inner) { return value(inner); });
      default:
        return sequence('{', '}', levels,
                        [this](int inner) { return string() + space() + ":" + space() + value(inner); });
    }
  }

  // Cuts, doubles, swaps or overwrites something.
  std::string mutate(std::string text) {
    for (std::size_t count = 1 + below(3); count != 0 && !text.empty(); --count) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0: text.erase(at, 1 + below(3)); break;
        case 1: text.insert(at, pick(fragments)); break;
        case 2: text[at] = static_cast<char>(below(256)); break;
        case 3: text.insert(at, text.substr(below(text.size()), 1 + below(4))); break;
        default: std::swap(text[at], text[below(text.size())]); break;
      }
    }
    return text;
  }

  std::size_t below(std::size_t bound) { return random_() % bound; }

 private:
  static constexpr std::array<std::string_view, 3> words{"null", "true", "false"};
  static constexpr std::array<std::string_view, 14> characters{"a",
                                                               " ",
                                                               "0",
                                                               "{",
                                                               ",",
                                                               "\\n",
                                                               "\\\"",
                                                               "\\\\",
                                                               "\\/",
                                                               "\\u00e9",
                                                               "\\ud83d\\ude00",
                                                               "\xC3\xA9",
                                                               "\xE2\x82\xAC",
                                                               "\xF0\x9F\x98\x80"};
  static constexpr std::array<std::string_view, 24> fragments{"\"",
                                                              "\\",
                                                              "{",
                                                              "}",
                                                              "[",
                                                              "]",
                                                              ",",
                                                              ":",
                                                              "0",
                                                              "-",
                                                              "+",
                                                              ".",
                                                              "e",
                                                              "E5",
                                                              " ",
                                                              "\n",
                                                              "\\u12",
                                                              "\x01",
                                                              "\x80",
                                                              "\xE2",
                                                              "null",
                                                              "\"a\":",
                                                              "\xEF\xBB\xBF",
                                                              "\xED\xA0\x80"};

  template <class Table>
  std::string pick(const Table& table) {
    return std::string(table[below(table.size())]);
  }
  std::string space() {
    return below(4) == 0 ? pick(std::array<std::string_view, 3>{" ", "\n\t", "\r\n"}) : "";
  }
  std::string digits() {
    std::string text(1 + below(4), '0');
    for (char& c : text) c = static_cast<char>('0' + below(10));
    return text;
  }
  std::string number() {
    std::string text = below(3) == 0 ? "-" : "";
    text += below(3) == 0 ? "0" : "1" + digits();
    if (below(3) == 0) text += "." + digits();
    if (below(3) == 0)
      text += pick(std::array<std::string_view, 6>{"e", "E", "e+", "e-", "E+", "E-"}) + digits();
    return text;
  }
  std::string string() {
    std::string text = "\"";
    for (std::size_t count = below(3) == 0 ? below(60) : below(6); count != 0; --count) {
      text += below(3) == 0 ? pick(characters) : "x";
    }
    return text + "\"";
  }
  template <class Part>
  std::string sequence(char open, char close, int levels, Part part) {
    std::string text = open + space();
    for (std::size_t count = below(4), i = 0; i < count; ++i) {
      text += (i == 0 ? "" : "," + space()) + part(levels - 1) + space();
    }
    return text + close;
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("json scanner: accepts and refuses the same texts as Boost.JSON") {
  Generator generator(20240611);
  std::size_t accepted = 0;
  std::size_t rejected = 0;
  for (int i = 0; i < 40000; ++i) {
    std::string text = generator.value(5);
    if (i % 4 != 0) text = generator.mutate(text);
    const Verdict expected = boost_verdict(text);
    if (expected == Verdict::differs_by_design) continue;
    CAPTURE(i);
    CAPTURE(text);
    REQUIRE(scanner_verdict(text) == expected);
    ++(expected == Verdict::accept ? accepted : rejected);
  }
  CHECK(accepted > 10000);
  CHECK(rejected > 10000);
}

TEST_CASE("json scanner: counts levels of nesting as Boost.JSON does") {
  Generator generator(7);
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    std::string close;
    for (std::size_t levels = depth - 3 + generator.below(6); levels != 0; --levels) {
      const bool object = generator.below(2) == 0;
      text += object ? R"({"b":[],"a":)" : "[{},";
      close.insert(0, object ? "}" : "]");
    }
    text += "0" + close;
    CAPTURE(text);
    REQUIRE(scanner_verdict(text) == boost_verdict(text));
  }
}
