// How a session changes from polling to a WebSocket (Engine.IO v4, "Upgrade").
#include <utility>

#include "signaling/socketio/engine_session.hpp"
#include "socketio/engine_words.hpp"

namespace signaling::socketio {

void EngineSession::on_websocket_open(SocketId socket, TimePoint now) {
  now_ = now;
  if (state_ == EngineState::opening) {
    socket_ = socket;
    return open(now);
  }
  const bool may_upgrade = state_ == EngineState::open && options_->upgrades == Upgrades::allowed;
  // "A client MUST NOT open more than one WebSocket connection per session" (WebSocket).
  if (!may_upgrade || socket_ || candidate_) return close_websocket(socket, CloseReason::protocol_error);
  const auto timeout = options_->upgrade_timeout;
  const TimePoint deadline = timeout.count() != 0 ? now + timeout : TimePoint::max();
  candidate_ = std::make_unique<Candidate>(Candidate{socket, deadline});
}

// The session itself goes on over polling, whatever is wrong with the WebSocket.
void EngineSession::handle_probe(const MessageView& message) {
  const auto packet = message.kind == MessageKind::text ? decode_engine_packet(message.bytes) : std::nullopt;
  if (packet && packet->type == EnginePacketType::ping && packet->data == "probe") {
    candidate_->probed = true;
    return write(candidate_->socket, Frame::text(probe_answer_packet));
  }
  if (packet && packet->type == EnginePacketType::upgrade && candidate_->probed) return complete_upgrade();
  drop_candidate(CloseReason::protocol_error);
}

// What waited for a poll goes first, in the order it was sent.
void EngineSession::complete_upgrade() {
  socket_ = std::exchange(candidate_, nullptr)->socket;
  std::vector<Frame> waiting;
  waiting.swap(buffer_);
  buffered_bytes_ = 0;
  if (get_) answer_get(noop_packet);
  for (Frame& frame : waiting) write(*socket_, std::move(frame));
  if (state_ == EngineState::closing) finish(reason_, close_packet);
}

void EngineSession::drop_candidate(CloseReason reason) {
  close_websocket(std::exchange(candidate_, nullptr)->socket, reason);
}

}  // namespace signaling::socketio
