// Path 7/8: frames of a session -> messages of a WebSocket, or the payload of a poll. Next: net/engine_output.cpp
#include <string>
#include <utility>

#include "protocols/json_writer.hpp"
#include "signaling/socketio/engine_session.hpp"
#include "socketio/engine_words.hpp"

namespace signaling::socketio {
namespace {

// An idle session holds no memory for actions: its thread keeps it for the next session that acts.
thread_local std::vector<EngineAction> spare_actions;

std::uint64_t to_number(std::chrono::milliseconds time) { return static_cast<std::uint64_t>(time.count()); }

}  // namespace

Frame EngineSession::handshake() const {
  const bool upgrades = !socket_ && options_->upgrades == Upgrades::allowed;
  return protocols::JsonWriter(160)
      .raw(R"(0{"sid":)")
      .string(sid_)
      .raw(upgrades ? R"(,"upgrades":["websocket"],"pingInterval":)" : R"(,"upgrades":[],"pingInterval":)")
      .number(to_number(options_->ping_interval))
      .raw(R"(,"pingTimeout":)")
      .number(to_number(options_->ping_timeout))
      .raw(R"(,"maxPayload":)")
      .number(options_->max_payload_bytes)
      .raw("}")
      .finish();
}

void EngineSession::send(Frame packet) {
  if (state_ != EngineState::open) return;
  if (socket_) return write(*socket_, std::move(packet));
  const std::size_t bytes = buffered_bytes_ + packet.size();
  // An empty buffer takes any packet: a client that polls gets its answers, however long they are.
  if (options_->max_buffered_bytes != 0 && buffered_bytes_ != 0 && bytes > options_->max_buffered_bytes) {
    return finish(CloseReason::slow_consumer, close_packet);
  }
  buffered_bytes_ = bytes;
  buffer_.push_back(std::move(packet));
}

std::optional<EngineAction> EngineSession::poll_action() {
  // Not before the driver asks: all that was sent in one step leaves in one payload.
  if (get_ && !buffer_.empty()) {
    answer_get({});
  } else if (get_ && candidate_ && candidate_->probed) {
    answer_get(noop_packet);  // lets the client pause its polling
  }
  if (next_action_ < actions_.size()) return std::move(actions_[next_action_++]);
  next_action_ = 0;
  constexpr std::size_t few = 16;
  actions_.clear();
  if (actions_.capacity() <= few) actions_.swap(spare_actions);
  std::vector<EngineAction>().swap(actions_);
  return std::nullopt;
}

void EngineSession::act(EngineAction action) {
  if (actions_.capacity() == 0) actions_.swap(spare_actions);
  actions_.push_back(std::move(action));
}

// Empties the buffer.
void EngineSession::answer_get(std::string_view last_packet) {
  std::string payload;
  payload.reserve(buffered_bytes_ + buffer_.size() + last_packet.size());
  for (const Frame& frame : buffer_) append_to_payload(payload, frame);
  if (!last_packet.empty()) append_to_payload(payload, Frame::text(last_packet));
  std::vector<Frame>().swap(buffer_);
  buffered_bytes_ = 0;
  act(engine_action::AnswerGet{*std::exchange(get_, std::nullopt), std::move(payload)});
}

void EngineSession::write(SocketId socket, Frame frame) {
  act(engine_action::WriteFrame{socket, std::move(frame)});
}

void EngineSession::refuse(RequestId request, EngineError error) {
  act(engine_action::Refuse{request, error});
}

void EngineSession::close_websocket(SocketId socket, CloseReason reason) {
  act(engine_action::CloseWebSocket{socket, reason});
}

}  // namespace signaling::socketio
