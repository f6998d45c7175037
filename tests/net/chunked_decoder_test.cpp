#include "net/chunked_decoder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace signaling::net;
using Step = ChunkedDecoder::Step;

namespace {

struct Outcome {
  Step step = Step::more;
  std::string body;
  std::string rest;
  bool operator==(const Outcome&) const = default;
};

// `piece`: how many bytes are given at a time.
Outcome decode(std::string_view bytes, std::size_t piece, std::size_t max_body = 100,
               std::size_t max_overhead = 64) {
  ChunkedDecoder decoder(max_body, max_overhead);
  Outcome outcome;
  while (!bytes.empty() && outcome.step == Step::more) {
    std::string_view input = bytes.substr(0, piece);
    const std::size_t given = input.size();
    outcome.step = decoder.decode(input, outcome.body);
    bytes.remove_prefix(given - input.size());
  }
  outcome.rest = bytes;
  return outcome;
}

}  // namespace

TEST_CASE("chunked: what is well formed is decoded, however it is cut (RFC 9112 7.1)") {
  struct Case {
    std::string_view bytes;
    std::string_view body;
    std::string_view rest;
  };
  for (const Case& c : {Case{"0\r\n\r\n", "", ""}, Case{"5\r\nhello\r\n0\r\n\r\nGET", "hello", "GET"},
                        Case{"1\r\na\r\n00a\r\n0123456789\r\n0\r\n\r\n", "a0123456789", ""},
                        Case{"A\r\n0123456789\r\n000\r\n\r\n", "0123456789", ""},
                        Case{"2;name=value;flag\r\n\r\n\r\n0;x=\"y\"\r\n\r\n", "\r\n", ""},
                        Case{"0\r\nTrailer: value\r\nOther:\r\n\r\nX", "", "X"}}) {
    for (std::size_t piece = 1; piece <= c.bytes.size(); ++piece) {
      CAPTURE(c.bytes);
      CAPTURE(piece);
      CHECK(decode(c.bytes, piece) == Outcome{Step::done, std::string(c.body), std::string(c.rest)});
    }
  }
}

TEST_CASE("chunked: what two parsers could read differently is refused (RFC 9112 7.1, 11.2)") {
  for (const std::string_view bytes : {"\r\n",
                                       "x\r\n",
                                       " 5\r\nhello\r\n",
                                       "5 \r\nhello\r\n",
                                       "+5\r\nhello\r\n",
                                       "-5\r\n",
                                       "0x5\r\nhello\r\n",
                                       "5\nhello\n",
                                       "5\rhello",
                                       "5\r\nhello0\r\n",
                                       "5\r\nhello\n0\r\n\r\n",
                                       "5\r\nhello\r0",
                                       "5;a\nb\r\n",
                                       "5;a\x01\r\n",
                                       "1234567890123456\r\n",
                                       "0\r\n\n",
                                       "0\r\nbad line\r\n\r\n",
                                       "0\r\n folded: x\r\n\r\n",
                                       "0\r\nname : x\r\n\r\n",
                                       "0\r\na: b\rc\r\n\r\n"}) {
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
      CAPTURE(bytes);
      CAPTURE(piece);
      CHECK(static_cast<int>(decode(bytes, piece).step) == static_cast<int>(Step::malformed));
    }
  }
}

TEST_CASE("chunked: the body is bounded when its size is told, before it is there") {
  CHECK(decode("64\r\n", 10).step == Step::more);
  CHECK(decode("65\r\n", 10).step == Step::too_large);
  CHECK(decode("40\r\n" + std::string(64, 'x') + "\r\n25\r\n", 7).step == Step::too_large);
  CHECK(decode("fffffffffffffff\r\n", 10).step == Step::too_large);
}

TEST_CASE("chunked: extensions and trailer are bounded") {
  CHECK(decode("1;" + std::string(100, 'x') + "\r\na", 9).step == Step::malformed);
  CHECK(decode("0\r\n" + std::string(100, 'x') + ": y\r\n\r\n", 9).step == Step::malformed);
  CHECK(decode(std::string(100, '0') + "\r\n\r\n", 9).step == Step::malformed);
}
