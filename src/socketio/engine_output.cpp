// Path 7/8: frames of a session -> messages of a WebSocket, or the payload of a poll. Next: net/engine_output.cpp
#include <string>
#include <utility>

#include "signaling/core/json_frame.hpp"
#include "signaling/socketio/engine_session.hpp"
#include "socketio/engine_words.hpp"
#include "text/per_thread.hpp"

namespace signaling::socketio {
namespace {

// An idle session holds no memory for actions: its thread keeps it for the next session that acts.
std::vector<EngineAction>& spare_actions() { return text::PerThread<std::vector<EngineAction>>::get(); }

// A client takes note of an answer when it is whole, and of a ping no earlier. On a slow line what waits comes in many
// answers.
constexpr std::size_t max_answer_bytes = std::size_t{64} * 1024;

}  // namespace

Frame EngineSession::handshake() const {
  const bool upgrades = !socket_ && options_->upgrades == Upgrades::allowed;
  JsonFrame out(160);
  out.raw(R"(0{"sid":)").string(sid_);
  out.raw(R"(,"upgrades":)").raw(upgrades ? R"(["websocket"])" : "[]");
  out.raw(R"(,"pingInterval":)").number(options_->ping_interval.count());
  out.raw(R"(,"pingTimeout":)").number(options_->ping_timeout.count());
  out.raw(R"(,"maxPayload":)").number(options_->max_payload_bytes).raw("}");
  return out.finish();
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

// Ahead of what waits: on a slow line the client would miss it behind all that.
void EngineSession::ping() {
  Frame packet = Frame::text(ping_packet);
  if (socket_)
    return act(engine_action::WriteFrame{*socket_, std::move(packet), engine_action::WriteOrder::first});
  buffered_bytes_ += packet.size();
  buffer_.insert(buffer_.begin(), std::move(packet));
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
  if (actions_.capacity() <= few) actions_.swap(spare_actions());
  std::vector<EngineAction>().swap(actions_);
  return std::nullopt;
}

void EngineSession::act(EngineAction action) {
  if (actions_.capacity() == 0) actions_.swap(spare_actions());
  actions_.push_back(std::move(action));
}

// Of the buffer as much as goes into one answer, one packet at least; before a last packet all of it.
void EngineSession::answer_get(std::string_view last_packet) {
  const std::size_t bound = last_packet.empty() ? max_answer_bytes : buffered_bytes_;
  std::size_t bytes = 0;
  auto end = buffer_.begin();
  while (end != buffer_.end() && (bytes == 0 || bytes + end->size() <= bound)) bytes += (end++)->size();
  std::string payload;
  payload.reserve(bytes + static_cast<std::size_t>(end - buffer_.begin()) + last_packet.size());
  for (auto frame = buffer_.begin(); frame != end; ++frame) append_to_payload(payload, *frame);
  if (!last_packet.empty()) append_to_payload(payload, Frame::text(last_packet));
  buffer_.erase(buffer_.begin(), end);
  if (buffer_.empty()) std::vector<Frame>().swap(buffer_);
  buffered_bytes_ -= bytes;
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
