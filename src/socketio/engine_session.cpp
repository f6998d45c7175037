// Path 3/8: packets of one session, whichever way they come. Next: net/engine_driver.cpp
#include "signaling/socketio/engine_session.hpp"

#include <algorithm>
#include <utility>

#include "signaling/text/base64.hpp"
#include "socketio/engine_words.hpp"

namespace signaling::socketio {

namespace {

// How long a poll may be behind a request that was sent after it, on another connection.
constexpr std::chrono::milliseconds overtaking_time{50};

}  // namespace

#if !defined(_ITERATOR_DEBUG_LEVEL) || _ITERATOR_DEBUG_LEVEL == 0  // MSVC makes checked containers larger
static_assert(sizeof(EngineSession) <= 240, "there is one for every idle client");
#endif

EngineSession::EngineSession(std::string sid, const EngineOptions& options)
    : options_(&options), sid_(std::move(sid)) {}

void EngineSession::open(TimePoint now) {
  state_ = EngineState::open;
  heartbeat_at_ = now + options_->ping_interval;
  send(handshake());
}

void EngineSession::on_get(RequestId request, TimePoint now) {
  now_ = now;
  if (refuses_polling(request)) return;
  if (get_) {  // "a client MUST NOT have more than one active GET request" (HTTP long-polling)
    finish(CloseReason::protocol_error, close_packet);
    return refuse(request, EngineError::bad_request);
  }
  get_ = request;
  if (state_ == EngineState::opening) open(now);
  if (state_ == EngineState::closing && (client_closes_ || buffer_.empty())) end_closing();
}

void EngineSession::on_get_aborted(RequestId request) {
  if (get_ != request) return;
  get_.reset();
  finish(CloseReason::lost, close_packet);
}

void EngineSession::on_answer_lost() { finish(CloseReason::lost, close_packet); }

void EngineSession::on_post_started(RequestId request) {
  if (refuses_polling(request)) return;
  if (post_) {  // "a client MUST NOT have more than one active POST request" (HTTP long-polling)
    refuse(*std::exchange(post_, std::nullopt), EngineError::bad_request);
    body_.reset();
    refuse(request, EngineError::bad_request);
    return finish(CloseReason::protocol_error, close_packet);
  }
  post_ = request;
}

void EngineSession::on_post(RequestId request, std::string body, TimePoint now) {
  now_ = now;
  if (post_ != request) on_post_started(request);
  if (post_ != request) return;
  if (options_->max_payload_bytes != 0 && body.size() > options_->max_payload_bytes) {
    post_.reset();
    return refuse(request, EngineError::payload_too_large);
  }
  body_ = std::make_unique<Body>(std::move(body));
  if (options_->max_payload_packets != 0 && count_packets(body_->text) > options_->max_payload_packets)
    fail();
}

void EngineSession::on_post_aborted(RequestId request) {
  if (post_ != request || body_) return;
  post_.reset();
  finish(CloseReason::lost, close_packet);
}

void EngineSession::on_websocket_message(SocketId socket, const MessageView& message, TimePoint now) {
  now_ = now;
  if (candidate_ && candidate_->socket == socket) return handle_probe(message);
  if (socket_ == socket && state_ == EngineState::open) message_ = message;
}

void EngineSession::on_websocket_closed(SocketId socket, CloseReason reason) {
  if (candidate_ && candidate_->socket == socket) candidate_.reset();
  if (socket_ != socket) return;
  socket_.reset();
  finish(reason, close_packet);
}

// What is left goes in a payload without the `1`, which waits for the next GET: clients of Socket.IO take note of an end
// at once, and of the packets before it a turn later, when they are in no namespace any more.
void EngineSession::close(CloseReason reason, TimePoint now) {
  if (state_ != EngineState::open) return;
  now_ = now;
  if (socket_ || (get_ && buffer_.empty())) return finish(reason, close_packet);
  state_ = EngineState::closing;
  reason_ = reason;
  close_by_ = now + options_->close_timeout;
}

// Polls and POSTs belong to a session that lives on polling.
bool EngineSession::refuses_polling(RequestId request) {
  if (state_ == EngineState::closed) {
    refuse(request, EngineError::session_unknown);
    return true;
  }
  if (socket_) refuse(request, EngineError::bad_request);
  return socket_.has_value();
}

void EngineSession::on_time(TimePoint now) {
  now_ = now;
  if (!is_live()) return;
  if (candidate_ && now >= candidate_->deadline) drop_candidate(CloseReason::timeout);
  if (state_ == EngineState::closing) {
    if (now >= close_by_) end_closing();
    return;
  }
  if (now < heartbeat_at_) return;
  if (awaits_pong_ && !holds_input_) return finish(CloseReason::timeout, close_packet);
  if (std::exchange(awaits_pong_, true)) {  // it may be among what is not read
    heartbeat_at_ = now + options_->ping_timeout;
    return;
  }
  heartbeat_at_ = now + options_->ping_timeout;
  ping();
}

std::optional<TimePoint> EngineSession::next_deadline() const noexcept {
  if (!is_live()) return std::nullopt;
  const TimePoint own = state_ == EngineState::closing ? close_by_ : heartbeat_at_;
  return candidate_ ? std::min(own, candidate_->deadline) : own;
}

std::optional<EngineEvent> EngineSession::poll_event() {
  decoded_.reset();
  while (message_ || body_) {
    if (!message_ && holds_input_ && state_ == EngineState::open) break;
    // What a payload holds behind the packet that ended the session is dropped.
    if (state_ != EngineState::open) {
      end_input();
    } else if (auto event = read_packet()) {
      return event;
    }
  }
  if (!std::exchange(end_untold_, false)) return std::nullopt;
  return engine_event::Closed{reason_};
}

std::optional<EngineEvent> EngineSession::read_packet() {
  EnginePacket packet;
  if (body_) {
    switch (body_->reader.next(packet)) {
      case PayloadReader::Step::packet: return handle_packet(packet);
      case PayloadReader::Step::error: fail(); break;
      case PayloadReader::Step::end: end_input(); break;
    }
    return std::nullopt;
  }
  const MessageView message = *std::exchange(message_, std::nullopt);
  if (options_->max_payload_bytes != 0 && message.bytes.size() > options_->max_payload_bytes) {
    finish(CloseReason::message_too_large, close_packet);
    return std::nullopt;
  }
  if (message.kind == MessageKind::binary) return engine_event::Message{message};
  if (message.bytes.starts_with('b')) return read_base64(message.bytes.substr(1));
  if (const auto decoded = decode_engine_packet(message.bytes)) return handle_packet(*decoded);
  fail();
  return std::nullopt;
}

// Clients may keep to text over a WebSocket, too (`forceBase64` of the reference implementation).
std::optional<EngineEvent> EngineSession::read_base64(std::string_view text) {
  auto bytes = text::from_base64(text);
  if (!bytes) {
    fail();
    return std::nullopt;
  }
  decoded_ = std::make_unique<std::string>(*std::move(bytes));
  return engine_event::Message{{MessageKind::binary, *decoded_}};
}

std::optional<EngineEvent> EngineSession::handle_packet(const EnginePacket& packet) {
  switch (packet.type) {
    case EnginePacketType::message: return engine_event::Message{{packet.kind, packet.data}};
    case EnginePacketType::pong: handle_pong(); break;
    case EnginePacketType::noop: break;
    case EnginePacketType::close: handle_close(); break;
    // The server alone opens and pings, and an upgrade comes over the WebSocket that was probed.
    case EnginePacketType::open:
    case EnginePacketType::ping:
    case EnginePacketType::upgrade: fail(); break;
  }
  return std::nullopt;
}

// A pong that nobody asked for moves no deadline.
void EngineSession::handle_pong() noexcept {
  if (!std::exchange(awaits_pong_, false)) return;
  heartbeat_at_ = now_ + options_->ping_interval;
}

// The poll that is to be answered may still be on its way: the POST's answer waits for it, so that whoever has that
// answer finds the session gone.
void EngineSession::handle_close() {
  if (socket_ || get_) return finish(CloseReason::normal, noop_packet);
  state_ = EngineState::closing;
  reason_ = CloseReason::normal;
  client_closes_ = true;
  close_by_ = now_ + overtaking_time;
}

void EngineSession::end_closing() { finish(reason_, client_closes_ ? noop_packet : close_packet); }

void EngineSession::end_input() {
  message_.reset();
  if (!std::exchange(body_, nullptr)) return;
  if (state_ == EngineState::closing && client_closes_) return;
  act(engine_action::AnswerPost{*std::exchange(post_, std::nullopt)});
}

// What the client sent is against the protocol.
void EngineSession::fail() {
  if (std::exchange(body_, nullptr)) refuse(*std::exchange(post_, std::nullopt), EngineError::bad_request);
  finish(CloseReason::protocol_error, close_packet);
}

void EngineSession::finish(CloseReason reason, std::string_view last_packet) {
  if (state_ == EngineState::closed) return;
  if (state_ != EngineState::closing) reason_ = reason;
  state_ = EngineState::closed;
  end_untold_ = true;
  if (get_) answer_get(last_packet);
  if (post_ && !body_) end_post();
  if (candidate_) drop_candidate(reason);
  if (socket_) close_websocket(*std::exchange(socket_, std::nullopt), reason);
  std::vector<Frame>().swap(buffer_);
  buffered_bytes_ = 0;
}

// Its body was read if it was this one that closed the session.
void EngineSession::end_post() {
  const RequestId request = *std::exchange(post_, std::nullopt);
  if (!client_closes_) return refuse(request, EngineError::session_unknown);
  act(engine_action::AnswerPost{request});
}

}  // namespace signaling::socketio
