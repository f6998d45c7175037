// Path 6/8 and 8/8 of the bundled server: what EngineSession wants to be done. Next: net/websocket_session.cpp, or
// net/http_session.cpp for a client that polls.
#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <utility>
#include <variant>

#include "net/engine_driver.hpp"
#include "net/engine_endpoint.hpp"
#include "net/engine_websocket.hpp"
#include "net/worker.hpp"

namespace signaling::net {
namespace {

HttpResponse make_answer(unsigned status, std::string_view content_type, std::string body,
                         HttpFields headers) {
  HttpResponse response{status, std::move(headers), std::move(body)};
  response.headers.emplace_back("Content-Type", content_type);
  // What is polled has a URL that stays the same, and is never the same twice.
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

HttpResponse engine_refusal(socketio::EngineError error, HttpFields headers) {
  const socketio::EngineErrorAnswer answer = socketio::answer_for(error);
  return make_answer(answer.status, "application/json", std::string(answer.body), std::move(headers));
}

bool EngineDriver::hand_down() {
  bool any = false;
  // The worker's, so that an idle session holds none.
  Gathered gathered{std::exchange(worker_->frame_buffer(), {})};
  for (;;) {
    const std::size_t buffered_before = session_.buffered_bytes();
    auto action = session_.poll_action();
    if (!action) break;
    // It makes a payload only now, so that what was sent until now is in it.
    payload_bytes_ += buffered_before - session_.buffered_bytes();
    any = true;
    std::visit([&](auto& what) { perform(what, gathered); }, *action);
  }
  write(gathered);
  worker_->frame_buffer() = std::move(gathered.frames);
  if (any) close_if_slow();
  return any;
}

// EngineSession counts what waits for a poll; what waits for a WebSocket only its driver knows.
void EngineDriver::close_if_slow() {
  const std::size_t bound = endpoint_->options().max_buffered_bytes;
  if (bound == 0 || queued_bytes_ <= bound) return;
  if (session_.transport() != socketio::EngineTransport::websocket) return;
  session_.close(CloseReason::slow_consumer, worker_->now());
}

void EngineDriver::perform(socketio::engine_action::WriteFrame& action, Gathered& gathered) {
  if (action.order == socketio::engine_action::WriteOrder::first) {
    write(gathered);
    if (EngineWebSocket* const websocket = find(action.socket)) websocket->write_first(action.frame);
    return;
  }
  if (gathered.socket != action.socket) write(gathered);
  gathered.socket = action.socket;
  gathered.frames.push_back(std::move(action.frame));
}

void EngineDriver::write(Gathered& gathered) {
  if (gathered.frames.empty()) return;
  if (EngineWebSocket* const websocket = find(gathered.socket)) websocket->write(gathered.frames);
  gathered.frames.clear();
}

void EngineDriver::perform(socketio::engine_action::CloseWebSocket& action, Gathered& gathered) {
  write(gathered);
  EngineWebSocket* const websocket = find(action.socket);
  forget(action.socket);
  if (websocket != nullptr) websocket->close(action.reason);
}

void EngineDriver::perform(socketio::engine_action::AnswerGet& action, Gathered& gathered) {
  write(gathered);
  const std::size_t message_bytes = std::exchange(payload_bytes_, 0);
  const auto pending = take_pending(action.request);
  if (!pending) return on_written(message_bytes);
  // Touched on the session's executor, which need not be the connection's.
  const auto unread = std::make_shared<std::size_t>(message_bytes);
  auto progress = [self = shared_from_this(), unread](std::size_t bytes) {
    boost::asio::dispatch(self->executor_, [self, unread, bytes] {
      const std::size_t read = std::min(bytes, *unread);
      *unread -= read;
      self->on_written(read);
    });
  };
  auto left = [self = shared_from_this(), unread](AnswerFate fate) {
    boost::asio::dispatch(self->executor_, [self, unread, fate] { self->on_answer_left(*unread, fate); });
  };
  pending->responder.send(
      make_answer(200, "text/plain; charset=UTF-8", std::move(action.payload), pending->headers),
      {std::move(progress), std::move(left)});
}

void EngineDriver::perform(socketio::engine_action::AnswerPost& action, Gathered& gathered) {
  write(gathered);
  const auto pending = take_pending(action.request);
  if (pending) pending->responder.send(make_answer(200, "text/plain; charset=UTF-8", "ok", pending->headers));
}

void EngineDriver::perform(socketio::engine_action::Refuse& action, Gathered& gathered) {
  write(gathered);
  const auto pending = take_pending(action.request);
  if (pending) pending->responder.send(engine_refusal(action.error, pending->headers));
}

std::optional<EngineDriver::Pending> EngineDriver::take_pending(socketio::RequestId request) {
  const auto found = std::find_if(pending_.begin(), pending_.end(),
                                  [request](const Pending& entry) { return entry.id == request; });
  if (found == pending_.end()) return std::nullopt;
  std::optional<Pending> taken = std::move(*found);
  pending_.erase(found);
  return taken;
}

EngineWebSocket* EngineDriver::find(socketio::SocketId socket) const noexcept {
  const auto found = std::find_if(websockets_.begin(), websockets_.end(),
                                  [socket](const EngineWebSocket* entry) { return entry->id() == socket; });
  return found == websockets_.end() ? nullptr : *found;
}

void EngineDriver::forget(socketio::SocketId socket) noexcept {
  std::erase_if(websockets_, [socket](const EngineWebSocket* entry) { return entry->id() == socket; });
}

}  // namespace signaling::net
