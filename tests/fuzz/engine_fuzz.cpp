// Engine.IO payloads and sessions: whatever comes in whatever order, each request is answered once, nothing sent is lost
// or out of order while the session lives, and the end is told once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/require.hpp"
#include "signaling/socketio/engine_session.hpp"

namespace {

using namespace signaling;
using namespace signaling::socketio;

// The packets of a payload as they are, and whether it ends in an error.
std::vector<std::string> read_packets(std::string payload) {
  payload.shrink_to_fit();
  const std::size_t count = count_packets(payload);
  PayloadReader reader(payload);
  std::vector<std::string> packets;
  EnginePacket packet;
  auto step = reader.next(packet);
  for (; step == PayloadReader::Step::packet; step = reader.next(packet)) {
    packets.push_back(std::string(packet.kind == MessageKind::text ? "t" : "b") +
                      static_cast<char>('0' + static_cast<int>(packet.type)) + std::string(packet.data));
  }
  require(packets.size() <= count && (step == PayloadReader::Step::error) == (packets.size() < count));
  require(reader.next(packet) == PayloadReader::Step::end);
  return packets;
}

// What is read can be written, and is the same when it is read again.
void check_payload(std::string_view payload) {
  const auto packets = read_packets(std::string(payload));
  std::string written;
  for (const std::string& packet : packets) {
    const std::string_view data = std::string_view(packet).substr(2);
    append_to_payload(written, packet[0] == 'b' ? Frame::binary(std::as_bytes(std::span(data)))
                                                : Frame::text(std::string_view(packet).substr(1)));
  }
  if (!packets.empty()) require(read_packets(written) == packets);
}

class Driver {
 public:
  Driver() : session_("sid", options()) {}

  void step(std::uint8_t choice, std::string_view data) {
    const SocketId socket = 1 + choice / 16 % 3;
    switch (choice % 12) {
      case 0: pending_.insert(++request_), session_.on_get(request_, now_); break;
      case 1: abort_get(); break;
      case 2: pending_.insert(++request_), session_.on_post(request_, std::string(data), now_); break;
      case 3: pending_.insert(++request_), session_.on_post_started(request_); break;
      case 4: session_.on_websocket_open(++socket_, now_); break;
      case 5:
      case 6:
      case 7: receive(socket, choice % 12 == 5 ? MessageKind::binary : MessageKind::text, data); break;
      case 8: session_.on_websocket_closed(socket, CloseReason::lost); break;
      case 9: send(); break;
      case 10: now_ += std::chrono::milliseconds(choice * 100), session_.on_time(now_); break;
      default: receive(socket, MessageKind::text, choice < 128 ? "2probe" : "5"); break;
    }
    settle();
  }

  void finish() {
    session_.close(CloseReason::normal, now_);
    settle();
    for (int i = 0; i < 2 && session_.next_deadline(); ++i) {
      now_ = *session_.next_deadline();
      session_.on_time(now_);
      settle();
    }
    // A session that nobody opened has nothing to end.
    require(session_.state() == EngineState::opening || (ended_ && pending_.empty()));
  }

 private:
  static const EngineOptions& options() {
    static const EngineOptions options = [] {
      EngineOptions tight;
      tight.max_payload_bytes = 200;
      tight.max_payload_packets = 20;
      tight.max_buffered_bytes = 300;
      return tight;
    }();
    return options;
  }

  void abort_get() {
    if (pending_.empty()) return;
    const RequestId request = *pending_.begin();
    session_.on_get_aborted(request);
    if (session_.state() == EngineState::closed) pending_.erase(request);
  }

  void receive(SocketId socket, MessageKind kind, std::string_view data) {
    message_.assign(data.begin(), data.end());
    message_.shrink_to_fit();
    session_.on_websocket_message(socket, {kind, {message_.data(), message_.size()}}, now_);
  }

  void send() {
    if (session_.state() == EngineState::open)
      session_.send(Frame::text("4<" + std::to_string(sent_++) + ">"));
  }

  void settle() {
    while (const auto event = session_.poll_event()) {
      require(!ended_);
      ended_ = std::holds_alternative<engine_event::Closed>(*event);
    }
    while (const auto action = session_.poll_action()) std::visit(*this, *action);
    require(session_.buffered_bytes() <= options().max_buffered_bytes);
    require(ended_ == (session_.state() == EngineState::closed));
  }

  void answer(RequestId request) { require(pending_.erase(request) == 1); }

  // Each number follows the one before.
  void take(std::string_view text) {
    for (std::size_t at = text.find("4<"); at != std::string_view::npos; at = text.find("4<", at + 2)) {
      require(std::stoul(std::string(text.substr(at + 2))) == received_++);
    }
  }

 public:
  void operator()(const engine_action::AnswerGet& action) { answer(action.request), take(action.payload); }
  void operator()(const engine_action::AnswerPost& action) { answer(action.request); }
  void operator()(const engine_action::Refuse& action) { answer(action.request); }
  void operator()(const engine_action::WriteFrame& action) { take(action.frame.text_view()); }
  void operator()(const engine_action::CloseWebSocket& action) {
    require(closed_.insert(action.socket).second);
  }

 private:
  TimePoint now_{};
  EngineSession session_;
  RequestId request_ = 0;
  SocketId socket_ = 0;
  std::set<RequestId> pending_;
  std::set<SocketId> closed_;
  std::vector<char> message_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  bool ended_ = false;
};

// One byte chooses what happens, the next how many of the following it happens with.
void check_session(std::string_view script) {
  Driver driver;
  while (script.size() >= 2) {
    const auto choice = static_cast<std::uint8_t>(script[0]);
    const std::size_t size = std::min<std::size_t>(static_cast<std::uint8_t>(script[1]), script.size() - 2);
    driver.step(choice, script.substr(2, size));
    script.remove_prefix(2 + size);
  }
  driver.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string input(data, data + size);
  check_payload(input);
  check_session(input);
  return 0;
}
