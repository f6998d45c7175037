// Compressed messages: decompressed whole and in pieces they are the same, or both fail, and never grow over their bound;
// what is compressed comes back. The first byte chooses bound, window and context takeover, the second where the input is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "fuzz/require.hpp"
#include "signaling/websocket/connection.hpp"
#include "websocket/deflate_codec.hpp"

namespace {

using namespace signaling::websocket;

using Bytes = std::vector<std::byte>;

struct Input {
  DeflateParameters parameters;
  std::size_t max_bytes;
  std::size_t piece_bytes;
  Bytes bytes;
};

Input read_input(std::span<const std::uint8_t> data) {
  const unsigned choice = data[0];
  Input input{};
  const bool forgets = (choice & 16U) != 0;
  // A small window that is kept refuses or takes a distance beyond it, depending on the cut.
  const int bits = forgets ? 9 + static_cast<int>(choice & 7U) % 7 : 15;
  input.parameters = {(choice & 8U) != 0, forgets, bits, bits};
  input.max_bytes = (choice & 32U) != 0 ? 100 : 64 * 1024;
  input.piece_bytes = 1 + data[1] % 40U;
  const auto bytes = std::as_bytes(data.subspan(2));
  input.bytes.assign(bytes.begin(), bytes.end());
  return input;
}

/// Nothing: it is no message, or too large.
using Result = std::pair<bool, Bytes>;

Result inflate(DeflateCodec& codec, const Input& input, std::size_t piece_bytes) {
  Bytes out;
  for (std::size_t at = 0; at < input.bytes.size(); at += piece_bytes) {
    const auto piece = std::span(input.bytes).subspan(at, std::min(piece_bytes, input.bytes.size() - at));
    const Bytes exact(piece.begin(), piece.end());  // of its own, so that an overrun is seen
    const InflateStatus status = codec.inflate(exact, input.max_bytes, out);
    require(out.size() <= input.max_bytes + 1);  // the one tells that there is more
    if (status != InflateStatus::ok) return {false, {}};
  }
  const InflateStatus status = codec.finish(input.max_bytes, out);
  require(out.size() <= input.max_bytes + 1);
  if (status != InflateStatus::ok) return {false, {}};
  require(out.size() <= input.max_bytes);
  return {true, std::move(out)};
}

Result inflate(const Input& input, std::size_t piece_bytes) {
  DeflateCodec codec(Role::server, input.parameters);
  return inflate(codec, input, piece_bytes);
}

// Twice, for the dictionary that the first message leaves.
void check_round_trip(const Input& input) {
  DeflateCodec client(Role::client, input.parameters);
  DeflateCodec server(Role::server, input.parameters);
  for (int i = 0; i < 2; ++i) {
    Input wire = input;
    wire.max_bytes = 64 * 1024;
    wire.bytes.clear();
    client.deflate(input.bytes, wire.bytes);
    const Result result = inflate(server, wire, input.piece_bytes);
    require(result.first && result.second == input.bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 16 * 1024) return 0;
  const Input input = read_input({data, size});
  const Result whole = inflate(input, std::max<std::size_t>(input.bytes.size(), 1));
  require(whole == inflate(input, input.piece_bytes));
  require(whole == inflate(input, 1));
  check_round_trip(input);
  return 0;
}
