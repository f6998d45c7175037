// Bytes from the wire, received whole and cut into pieces, must give the same events and the same output, and
// text that is delivered must be UTF-8. The first byte chooses role, compression and bounds, the second where
// the input is cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/require.hpp"
#include "signaling/text/utf8.hpp"
#include "signaling/websocket/connection.hpp"
#include "signaling/websocket/deflate.hpp"

namespace {

using namespace signaling::websocket;

class ZeroKeys final : public signaling::Random {
 public:
  void fill(std::span<std::byte> bytes) override { std::fill(bytes.begin(), bytes.end(), std::byte{0}); }
};

std::string to_string(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct Input {
  Role role;
  bool deflate;
  ConnectionOptions options;
  std::size_t piece_bytes;
  std::vector<std::byte> bytes;
};

// Writes events as text. Which of two violations in a compressed message is told first depends on how much of
// it is decompressed at once; that there is one does not.
struct Describe {
  std::string operator()(const Message& message) const {
    require(message.kind == signaling::MessageKind::binary || signaling::text::is_utf8(message.payload));
    return (message.kind == signaling::MessageKind::text ? "text " : "binary ") + to_string(message.payload);
  }
  std::string operator()(const Ping& ping) const { return "ping " + to_string(ping.payload); }
  std::string operator()(const Pong& pong) const { return "pong " + to_string(pong.payload); }
  std::string operator()(const Closed& closed) const {
    return "closed " + std::to_string(static_cast<unsigned>(closed.code)) + std::string(closed.reason);
  }
  std::string operator()(const ProtocolError& error) const {
    return deflate ? "error" : "error " + std::to_string(static_cast<unsigned>(error.code));
  }

  bool deflate;
};

std::vector<std::string> run(const Input& input, std::size_t piece_bytes) {
  Connection connection(input.role, input.options);
  std::vector<std::string> log;
  for (std::size_t at = 0; at < input.bytes.size(); at += piece_bytes) {
    const auto piece = std::span(input.bytes).subspan(at, std::min(piece_bytes, input.bytes.size() - at));
    std::vector<std::byte> buffer(piece.begin(), piece.end());  // of its own, so that an overrun is seen
    connection.receive(buffer);
    while (const auto event = connection.poll_event())
      log.push_back(std::visit(Describe{input.deflate}, *event));
  }
  std::string output;
  while (!connection.output().empty()) {
    output += to_string(connection.output());
    connection.consume_output(connection.output().size());
  }
  if (!input.deflate) log.push_back(output);
  connection.receive_end();
  while (const auto event = connection.poll_event())
    log.push_back(std::visit(Describe{input.deflate}, *event));
  require(connection.state() == ConnectionState::closed);
  return log;
}

Input make_input(std::span<const std::uint8_t> data, signaling::Random& keys) {
  Input input{};
  const unsigned choice = data[0];
  input.role = (choice & 1U) != 0 ? Role::client : Role::server;
  input.deflate = (choice & 2U) != 0;
  input.options.max_message_bytes = (choice & 4U) != 0 ? 50 : 4096;
  input.options.max_fragments = (choice & 8U) != 0 ? 3 : 0;
  input.options.random = &keys;
  if (input.deflate) {
    const bool forgets = (choice & 32U) != 0;
    // A small window that is kept refuses or takes a distance beyond it, depending on the cut.
    input.options.deflate = DeflateParameters{(choice & 16U) != 0, forgets, 15, forgets ? 9 : 15};
  }
  input.piece_bytes = 1 + data[1] % 40U;
  const auto bytes = std::as_bytes(data.subspan(2));
  input.bytes.assign(bytes.begin(), bytes.end());
  return input;
}

// What is taken from an offer must be what a client that offered anything would accept.
void negotiate(std::string_view offers) {
  const auto result = negotiate_deflate(offers, DeflateParameters{});
  require(result.ok == negotiate_deflate(offers, std::nullopt).ok);
  if (result.response.empty()) return;
  const auto answer = accept_deflate_response(result.response, DeflateParameters{});
  require(answer.ok || result.parameters->client_max_window_bits == 8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  if ((data[0] & 0xC0U) == 0xC0U) {
    negotiate({reinterpret_cast<const char*>(data) + 1, size - 1});
    return 0;
  }
  ZeroKeys keys;
  const Input input = make_input({data, size}, keys);
  const auto whole = run(input, size);
  require(whole == run(input, input.piece_bytes));
  require(whole == run(input, 1));
  return 0;
}
