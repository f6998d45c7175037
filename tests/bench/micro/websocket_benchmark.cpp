#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "counted.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/text/utf8.hpp"
#include "signaling/websocket/connection.hpp"
#include "signaling/websocket/frame.hpp"

namespace {

namespace websocket = signaling::websocket;
using websocket::MaskingKey;

constexpr MaskingKey key{std::byte{0x12}, std::byte{0x9f}, std::byte{0x55}, std::byte{0xe7}};

std::vector<std::byte> masked_frame(std::size_t size) {
  websocket::FrameHeader header;
  header.masked = true;
  header.key = key;
  header.payload_bytes = size;
  std::array<std::byte, websocket::max_header_bytes> room{};
  const std::size_t length = encode_header(header, room);
  std::vector<std::byte> frame(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(length));
  frame.resize(length + size, std::byte{'x'});
  websocket::apply_mask(std::span(frame).subspan(length), key);
  return frame;
}

// `frames` in one read, as they come from a client that sends faster than it is served.
void parse_frames(benchmark::State& state) {
  const auto frame = masked_frame(static_cast<std::size_t>(state.range(0)));
  const auto frames = static_cast<std::size_t>(state.range(1));
  std::vector<std::byte> input;
  for (std::size_t i = 0; i < frames; ++i) input.insert(input.end(), frame.begin(), frame.end());
  std::vector<std::byte> buffer(input.size());
  websocket::Connection connection(websocket::Role::server);
  bench::Counted counted(state, frames);
  for (auto _ : state) {
    std::memcpy(buffer.data(), input.data(), input.size());  // they are unmasked in place
    connection.receive(buffer);
    while (auto event = connection.poll_event()) benchmark::DoNotOptimize(event);
  }
}
BENCHMARK(parse_frames)->ArgNames({"bytes", "frames"})->Args({200, 1})->Args({1500, 1})->Args({200, 16});

void write_frame(benchmark::State& state) {
  const std::string text(static_cast<std::size_t>(state.range(0)), 'x');
  bench::Counted counted(state);
  for (auto _ : state) {
    const signaling::Frame frame = signaling::Frame::text(text);
    benchmark::DoNotOptimize(frame.wire().data());
  }
}
BENCHMARK(write_frame)->ArgName("bytes")->Arg(200)->Arg(1500)->Arg(65536);

void unmask(benchmark::State& state) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)));
  bench::Counted counted(state);
  for (auto _ : state) {
    websocket::apply_mask(bytes, key);
    benchmark::DoNotOptimize(bytes.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(unmask)->ArgName("bytes")->Arg(200)->Arg(1500)->Arg(65536);

void check_utf8(benchmark::State& state, const std::string& piece) {
  std::string text;
  while (text.size() < static_cast<std::size_t>(state.range(0))) text += piece;
  bench::Counted counted(state);
  for (auto _ : state) benchmark::DoNotOptimize(signaling::text::is_utf8(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK_CAPTURE(check_utf8, ascii, std::string("a=candidate"))->ArgName("bytes")->Arg(200)->Arg(1500);
BENCHMARK_CAPTURE(check_utf8, mixed,
                  std::string("Gr\xc3\xbc\xc3\x9f"
                              "e \xe2\x82\xac \xf0\x9f\x98\x80"))
    ->ArgName("bytes")
    ->Arg(1500);

}  // namespace
