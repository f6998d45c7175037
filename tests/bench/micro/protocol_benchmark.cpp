#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "counted.hpp"
#include "signaling/protocols/json.hpp"
#include "signaling/socketio/packet.hpp"
#include "signaling/socketio/vocabularies.hpp"
#include "world.hpp"

namespace {

using signaling::Command;
using signaling::Frame;
using signaling::MessageKind;

constexpr const char* peer_id = "0123456789abcdefghijkl";

void decode(benchmark::State& state, signaling::Protocol& protocol, const std::string& text) {
  std::vector<Command> commands;
  bench::Counted counted(state);
  for (auto _ : state) {
    commands.clear();
    protocol.decode({MessageKind::text, text}, commands);
    benchmark::DoNotOptimize(commands.data());
  }
  if (commands.size() != 1 || std::holds_alternative<signaling::command::Invalid>(commands[0])) {
    state.SkipWithError("not understood");
  }
}

void json_decode(benchmark::State& state) {
  const auto protocol = signaling::protocols::Json().make();
  decode(state, *protocol, bench::message("to", peer_id, static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(json_decode)->ArgName("bytes")->Arg(200)->Arg(1500)->Arg(65536);

// An offer as a browser sends it: text with escaped line ends, an object around it.
void json_decode_offer(benchmark::State& state) {
  std::string sdp = R"(v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\n)";
  while (sdp.size() < 2500)
    sdp += R"(a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n)";
  const auto protocol = signaling::protocols::Json().make();
  decode(state, *protocol,
         R"({"type":"offer","to":")" + std::string(peer_id) + R"(","data":{"type":"offer","sdp":")" + sdp +
             "\"}}");
}
BENCHMARK(json_decode_offer);

void json_encode(benchmark::State& state) {
  const signaling::protocols::Json factory;
  const std::string payload = '"' + std::string(static_cast<std::size_t>(state.range(0)), 'x') + '"';
  auto message = signaling::Message::text(payload);
  message.to = peer_id;
  const signaling::Event event = signaling::event::Message{message, peer_id};
  std::vector<Frame> frames;
  bench::Counted counted(state);
  for (auto _ : state) {
    frames.clear();
    factory.encoder()->encode(event, frames);
    benchmark::DoNotOptimize(frames.data());
  }
}
BENCHMARK(json_encode)->ArgName("bytes")->Arg(200)->Arg(1500);

std::string offer_packet(std::size_t bytes) {
  return R"(2["offer",{"offer":")" + std::string(bytes, 'x') + R"(","fromPeer":")" + peer_id +
         R"(","toPeer":")" + peer_id + "\"}]";
}

void packet_decode(benchmark::State& state) {
  const std::string text = offer_packet(static_cast<std::size_t>(state.range(0)));
  signaling::socketio::PacketDecoder decoder;
  signaling::socketio::Packet packet;
  bench::Counted counted(state);
  for (auto _ : state) {
    if (decoder.decode(text, packet) != signaling::socketio::PacketError::none)
      state.SkipWithError("refused");
    benchmark::DoNotOptimize(packet);
  }
}
BENCHMARK(packet_decode)->ArgName("bytes")->Arg(200)->Arg(1500);

void packet_encode(benchmark::State& state) {
  const std::string payload = '"' + std::string(static_cast<std::size_t>(state.range(0)), 'x') + '"';
  bench::Counted counted(state);
  for (auto _ : state) {
    const Frame frame = signaling::socketio::encode_event({}, "offer", payload);
    benchmark::DoNotOptimize(frame.wire().data());
  }
}
BENCHMARK(packet_encode)->ArgName("bytes")->Arg(200)->Arg(1500);

void vocabulary_decode(benchmark::State& state) {
  const auto vocabulary = signaling::socketio::Vocabulary::make("rooms-mesh");
  const auto protocol = vocabulary->make_protocol();
  decode(state, *protocol, offer_packet(static_cast<std::size_t>(state.range(0))).substr(1));
}
BENCHMARK(vocabulary_decode)->ArgName("bytes")->Arg(200)->Arg(1500);

}  // namespace
