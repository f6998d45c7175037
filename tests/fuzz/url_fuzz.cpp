// Targets, queries and chunked bodies of HTTP: no input is read beyond its end, decoding makes nothing longer, gives back what
// was encoded, and is the same however the input is cut. The first byte chooses the bounds, the second where it is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/require.hpp"
#include "net/chunked_decoder.hpp"
#include "net/url.hpp"
#include "signaling/text/percent.hpp"
#include "signaling/text/utf8.hpp"

namespace {

using namespace signaling::net;
using namespace signaling::text;

void check_url(std::string_view text) {
  require(percent_decode(percent_encode(text)) == text);
  const TargetParts parts = split_target(text);
  require(parts.path.find('?') == std::string_view::npos);
  require(parts.path.size() + parts.query.size() <= text.size());
  if (const auto decoded = percent_decode(parts.path)) require(decoded->size() <= parts.path.size());
  for (const std::string_view name : {"sid", "token", ""}) {
    if (const auto value = query_value(parts.query, name)) require(value->size() <= parts.query.size());
  }
  const QueryValue token = query_value("token=" + percent_encode(text), "token");
  const bool is_text = is_utf8(text);
  require(is_text ? token == text : token.is_malformed());
}

struct Decoded {
  ChunkedDecoder::Step step = ChunkedDecoder::Step::more;
  std::string body;
  std::size_t left = 0;

  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view text, std::size_t max_bytes, std::size_t piece_bytes) {
  ChunkedDecoder decoder(max_bytes, 100);
  Decoded decoded;
  while (!text.empty()) {
    const std::string piece(text.substr(0, piece_bytes));  // of its own, so that an overrun is seen
    std::string_view input = piece;
    decoded.step = decoder.decode(input, decoded.body);
    require(max_bytes == 0 || decoded.body.size() <= max_bytes);
    text.remove_prefix(piece.size() - input.size());
    if (decoded.step != ChunkedDecoder::Step::more) break;
    require(input.empty());
  }
  // How much of it is taken before it fails tells nothing.
  if (decoded.step == ChunkedDecoder::Step::done) decoded.left = text.size();
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::vector<char> exact(data + 2, data + size);
  const std::string_view text(exact.data(), exact.size());
  check_url(text);
  const std::size_t max_bytes = (data[0] & 1U) != 0 ? 16 : 0;
  const Decoded whole = decode(text, max_bytes, std::max<std::size_t>(text.size(), 1));
  require(whole == decode(text, max_bytes, 1 + data[1] % 40U));
  require(whole == decode(text, max_bytes, 1));
  return 0;
}
