// Requests from the wire, parsed whole and cut into pieces, must come out the same, or end in the same error. The
// first byte chooses the bounds, the second where the input is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/require.hpp"
#include "net/http_parser.hpp"

namespace {

using namespace signaling::net;

struct Input {
  HttpParserLimits limits;
  std::size_t max_body_bytes;
  std::size_t piece_bytes;
  std::string_view bytes;
};

Input read_input(const std::uint8_t* data, std::size_t size) {
  const unsigned bounds = data[0];
  Input input;
  input.limits.max_header_bytes = (bounds & 1U) != 0 ? 64 : 8192;
  input.limits.max_header_fields = (bounds & 2U) != 0 ? 2 : 100;
  input.max_body_bytes = (bounds & 4U) != 0 ? 8 : 0;
  input.piece_bytes = data[1] % 64 + 1U;
  input.bytes = {reinterpret_cast<const char*>(data + 2), size - 2};
  return input;
}

std::string describe(const HttpHead& head) {
  require(head.target.starts_with('/') || head.target == "*");
  require(!head.chunked || !head.content_length);
  std::string text = head.method + ' ' + head.target + ' ' + std::to_string(head.minor_version);
  for (const auto& [name, value] : head.fields) {
    require(name.find_first_of("\r\n: ") == std::string::npos);
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    text += '|' + name + ':' + value;
  }
  return text + (head.keep_alive ? "+" : "-");
}

std::string parse(const Input& input, std::size_t piece_bytes) {
  HttpParser parser(input.limits);
  std::string events;
  std::string_view left = input.bytes;
  while (!left.empty()) {
    std::string_view piece = left.substr(0, piece_bytes);
    left.remove_prefix(piece.size());
    for (auto step = parser.parse(piece); step != HttpParser::Step::more; step = parser.parse(piece)) {
      if (step == HttpParser::Step::failed) return events + "failed " + std::to_string(parser.status());
      if (step == HttpParser::Step::head) {
        events += describe(parser.head());
        parser.limit_body(input.max_body_bytes);
      } else {
        const std::string body = parser.take_body();
        require(input.max_body_bytes == 0 || body.size() <= input.max_body_bytes);
        events += '[' + body + ']';
        parser.next();
      }
    }
    require(piece.empty());
  }
  return events + (parser.in_request() ? "..." : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Input input = read_input(data, size);
  require(parse(input, std::max<std::size_t>(input.bytes.size(), 1)) == parse(input, input.piece_bytes));
  return 0;
}
