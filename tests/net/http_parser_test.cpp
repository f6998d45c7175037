#include "net/http_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace signaling::net;
using Step = HttpParser::Step;

namespace {

constexpr HttpParserLimits limits{512, 10};

// What a whole script of bytes leads to, as text: "GET /x [body];" for each request, "400" for an error,
// "..." for more to come.
std::string parse(std::string_view bytes, std::size_t piece, std::size_t max_body = 64) {
  HttpParser parser(limits);
  std::string outcome;
  while (!bytes.empty()) {
    std::string_view input = bytes.substr(0, piece);
    bytes.remove_prefix(input.size());
    for (bool more = false; !more;) {
      switch (parser.parse(input)) {
        case Step::more: more = true; break;
        case Step::head: parser.limit_body(max_body); break;
        case Step::complete:
          outcome += parser.head().method + ' ' + parser.head().target + " [" + parser.take_body() + "];";
          parser.next();
          more = input.empty();
          break;
        case Step::failed: return outcome + std::to_string(parser.status());
      }
    }
  }
  return outcome + (parser.in_request() ? "..." : "");
}

void check_at_every_cut(const std::string& bytes, std::string_view expected) {
  CAPTURE(bytes);
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    CAPTURE(piece);
    REQUIRE(parse(bytes, piece) == expected);
  }
}

std::string request(std::string_view fields, std::string_view body = {}) {
  return "POST /x HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

}  // namespace

TEST_CASE("http parser: well-formed requests, pipelined or not, are read however they are cut (RFC 9112)") {
  check_at_every_cut("GET /path?q=1 HTTP/1.1\r\nHost: a.example:80\r\n\r\n", "GET /path?q=1 [];");
  check_at_every_cut("GET / HTTP/1.0\r\n\r\n", "GET / [];");
  check_at_every_cut("\r\n\r\nGET / HTTP/1.1\r\nHost:a\r\n\r\n", "GET / [];");
  check_at_every_cut(request("Content-Length: 5\r\n", "hello"), "POST /x [hello];");
  check_at_every_cut(request("Content-Length: 0\r\n"), "POST /x [];");
  check_at_every_cut(request("Transfer-Encoding: Chunked\r\n", "5;e=1\r\nhello\r\n0\r\nT: 1\r\n\r\n"),
                     "POST /x [hello];");
  check_at_every_cut(request("Content-Length: 3\r\n", "abc") + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n" +
                         request("Transfer-Encoding: chunked\r\n", "1\r\nz\r\n0\r\n\r\n") + "GET /4",
                     "POST /x [abc];GET /2 [];POST /x [z];...");
  check_at_every_cut("GET http://a.example/p?q HTTP/1.1\r\nHost: a.example\r\n\r\n", "GET /p?q [];");
  check_at_every_cut("GET http://a.example HTTP/1.1\r\nHost: A.example\r\n\r\n", "GET / [];");
  check_at_every_cut("OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "OPTIONS * [];");
  check_at_every_cut("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n", "BREW /pot [];");
}

TEST_CASE("http parser: the head is told before the body, once") {
  HttpParser parser(limits);
  const std::string bytes = request("Content-Length: 2\r\n", "ab");
  std::string_view input = std::string_view(bytes).substr(0, bytes.size() - 2);
  CHECK(parser.parse(input) == Step::head);
  CHECK(parser.head().content_length == 2);
  CHECK(parser.parse(input) == Step::more);
  input = "ab";
  CHECK(parser.parse(input) == Step::complete);
  CHECK(parser.take_body() == "ab");
}

TEST_CASE("http parser: field names are lower-cased, values trimmed and kept in order") {
  HttpParser parser(limits);
  std::string_view input = "GET / HTTP/1.1\r\nHOST: a\r\nX-One: \t 1 \t\r\nx-one:2\r\nX-Empty:\r\n\r\n";
  REQUIRE(parser.parse(input) == Step::head);
  const HttpFields expected{{"host", "a"}, {"x-one", "1"}, {"x-one", "2"}, {"x-empty", ""}};
  CHECK(parser.head().fields == expected);
  CHECK(parser.head().field("x-one") == "1");
}

TEST_CASE("http parser: the connection goes on unless HTTP/1.0 or close says otherwise (RFC 9112 9.3)") {
  struct Case {
    std::string_view head;
    bool keep_alive;
  };
  for (const Case& c :
       {Case{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
        Case{"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", true},
        Case{"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", false},
        Case{"GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n\r\n", false},
        Case{"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", true},
        Case{"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", false}}) {
    CAPTURE(c.head);
    HttpParser parser(limits);
    std::string_view input = c.head;
    REQUIRE(parser.parse(input) == Step::head);
    CHECK(parser.head().keep_alive == c.keep_alive);
  }
}

TEST_CASE("http parser: what another parser could read differently is refused (RFC 9112 2.2, 3, 5, 6, 11)") {
  struct Case {
    std::string bytes;
    const char* status;
  };
  const std::vector<Case> cases{
      // Request line
      {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "400"},
      {"GET /\r\n\r\n", "400"},
      {"GET / HTTP/1.1x\r\nHost: a\r\n\r\n", "400"},
      {"GET / http/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET / HTTP/11\r\nHost: a\r\n\r\n", "400"},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
      {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", "505"},
      {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", "505"},
      {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"\x16\x03\x01", "400"},
      {"GET /#top HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET path HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET http://a.b/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      // Line ends
      {"GET / HTTP/1.1\nHost: a\n\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\n\n", "400"},
      {"GET / HTTP/1.1\rHost: a\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\rb: c\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "400"},
      {"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      // Field lines
      {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n folded\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\tfolded\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\n: nameless\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nB@d: 1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(1, '\0') + "\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: \x07\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: \x7f\r\n\r\n", "400"},
      // Host
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"},
      {"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", "400"},
      // Length of the body
      {request("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "400"},
      {request("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), "400"},
      {request("Content-Length: 5,5\r\n", "hello"), "400"},
      {request("Content-Length: +5\r\n", "hello"), "400"},
      {request("Content-Length: -5\r\n", "hello"), "400"},
      {request("Content-Length: 5 5\r\n", "hello"), "400"},
      {request("Content-Length: 0x5\r\n", "hello"), "400"},
      {request("Content-Length:\r\n", "hello"), "400"},
      {request("Content-Length: 99999999999999999999\r\n", "hello"), "400"},
      {request("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), "400"},
      {request("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
      {request("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), "400"},
      {request("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), "400"},
      {request("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
      {request("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), "400"},
      {request("Transfer-Encoding: identity\r\n"), "400"},
      {request("Transfer-Encoding:\r\n"), "400"},
      {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {request("Transfer-Encoding: chunked\r\n", "0x1\r\n"), "400"},
      {request("Transfer-Encoding: chunked\r\n", "1\nx"), "400"},
      // Expectations
      {request("Expect: 200-ok\r\n"), "417"},
  };
  for (const Case& c : cases) check_at_every_cut(c.bytes, c.status);
}

TEST_CASE("http parser: every size is bounded (RFC 9110 15.5.14, RFC 6585 5)") {
  const std::string line = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string fits =
      line + "X: " + std::string(limits.max_header_bytes - line.size() - 7, 'x') + "\r\n\r\n";
  REQUIRE(fits.size() == limits.max_header_bytes);
  CHECK(parse(fits, 100) == "GET / [];");
  const std::string over =
      line + "X: " + std::string(limits.max_header_bytes - line.size() - 6, 'x') + "\r\n\r\n";
  check_at_every_cut(over, "431");
  check_at_every_cut(std::string(600, 'x'), "431");
  std::string fields;
  for (int i = 0; i < 10; ++i) fields += "a:\r\n";
  check_at_every_cut("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n", "431");
  CHECK(parse("GET / HTTP/1.1\r\nHost: a\r\n" + fields.substr(4) + "\r\n", 100) == "GET / [];");
  check_at_every_cut(request("Content-Length: 65\r\n", "x"), "413");
  check_at_every_cut(
      request("Transfer-Encoding: chunked\r\n", "40\r\n" + std::string(64, 'x') + "\r\n1\r\nx"), "413");
}

TEST_CASE("http parser: without bounds a header may be large, but no field larger than can be kept") {
  const auto step_for = [](std::size_t field_bytes) {
    HttpParser parser({0, 0});
    const std::string field(field_bytes - 3, 'x');
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: " + field + "\r\nY: " + field + "\r\n\r\n";
    std::string_view input = head;
    const auto step = parser.parse(input);
    return step == HttpParser::Step::failed ? std::to_string(parser.status()) : std::string("head");
  };
  CHECK(step_for(65'000) == "head");
  for (const std::size_t bytes : {65'001U, 65'536U, 66'000U, 200'000U}) CHECK(step_for(bytes) == "431");
}
