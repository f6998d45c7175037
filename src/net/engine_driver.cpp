// Path 3/8 and 6/8 of the bundled server: drives socketio/engine_session. Next: the host's EngineHandler (in),
// net/engine_output.cpp (out).
#include "net/engine_driver.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <utility>
#include <variant>

#include "net/engine_endpoint.hpp"
#include "net/engine_websocket.hpp"
#include "net/worker.hpp"
#include "signaling/core/ids.hpp"

namespace signaling::net {
namespace {

using socketio::EngineError;
using socketio::EngineState;

// Timers are late by a tick or two; a process that was stopped, by much more.
constexpr std::chrono::milliseconds usual_lateness{100};

}  // namespace

EngineDriver::EngineDriver(std::shared_ptr<EngineEndpoint> endpoint, std::shared_ptr<Worker> worker,
                           std::unique_ptr<socketio::EngineHandler> handler)
    : endpoint_(std::move(endpoint)),
      worker_(std::move(worker)),
      executor_(worker_->executor()),
      session_(make_id(system_random()), endpoint_->options()),
      handler_(std::move(handler)) {}

EngineDriver::~EngineDriver() = default;

void EngineDriver::start() {
  if (std::exchange(started_, true)) return;
  worker_->add(shared_from_this());
  endpoint_->registry().add(shared_from_this());
}

void EngineDriver::on_request(EngineRequest request) {
  if (!worker_) {
    return request.responder.send(engine_refusal(EngineError::session_unknown, std::move(request.headers)));
  }
  start();
  const TimePoint now = worker_->now();
  pending_.push_back({request.id, std::move(request.responder), std::move(request.headers)});
  catch_up(now);
  if (request.kind == EngineRequest::Kind::get) {
    session_.on_get(request.id, now);
  } else {
    session_.on_post(request.id, std::move(request.body), now);
  }
  pump();
}

void EngineDriver::on_request_aborted(socketio::RequestId request) {
  if (!worker_) return;
  take_pending(request);
  session_.on_get_aborted(request);
  pump();
}

void EngineDriver::on_websocket_open(EngineWebSocket& websocket) {
  websocket.set_id(next_socket_++);
  if (!worker_) return websocket.close(CloseReason::going_away);
  start();
  const TimePoint now = worker_->now();
  websockets_.push_back(&websocket);
  websocket.set_reading(reads_websockets());
  catch_up(now);
  session_.on_websocket_open(websocket.id(), now);
  pump();
}

void EngineDriver::on_websocket_message(const EngineWebSocket& websocket, const MessageView& message) {
  if (!worker_) return;
  const TimePoint now = worker_->now();
  catch_up(now);
  session_.on_websocket_message(websocket.id(), message, now);
  pump();
}

// One that was to become the transport says nothing about the session.
void EngineDriver::on_page_left(const EngineWebSocket& websocket) {
  if (!worker_ || ended_ || !opened_ || !session_.is_transport(websocket.id())) return;
  guarded([this] { handler_->on_page_left(); });
}

void EngineDriver::on_websocket_closed(const EngineWebSocket& websocket, CloseReason reason) {
  forget(websocket.id());
  if (!worker_) return;
  session_.on_websocket_closed(websocket.id(), reason);
  pump();
}

void EngineDriver::on_written(std::size_t message_bytes) {
  const std::size_t less = std::min(message_bytes, queued_bytes_);
  queued_bytes_ -= less;
  if (less == 0 || ended_) return;
  const bool outermost = !std::exchange(pumping_, true);
  guarded([this] { handler_->on_written(); });
  if (!outermost) return;
  pumping_ = false;
  pump();
}

// What was in a lost answer was taken out of the session, and cannot be sent again.
void EngineDriver::on_answer_left(std::size_t message_bytes, AnswerFate fate) {
  on_written(message_bytes);
  if (!worker_ || fate == AnswerFate::sent) return;
  session_.on_answer_lost();
  pump();
}

// No poll can come any more that a session could wait for.
void EngineDriver::on_stop() {
  close(CloseReason::going_away);
  if (!worker_ || session_.state() != EngineState::closing) return;
  session_.on_time(*session_.next_deadline());
  pump();
}

void EngineDriver::on_deadline(TimePoint now) {
  scheduled_at_ = TimePoint::max();
  catch_up(now);
  // What the handler does there leaves in one piece.
  pumping_ = true;
  if (handler_->next_deadline() <= now) guarded([&] { handler_->on_time(now); });
  pumping_ = false;
  pump();
}

// Before anything that came is told: a deadline that has passed counts, although its timer is late. The session is told
// the deadline in place of the time, so that the next one does not move; but not if so much time has passed that the
// client would have none to answer in.
void EngineDriver::catch_up(TimePoint now) {
  const auto deadline = session_.next_deadline();
  if (!deadline || *deadline > now) return;
  session_.on_time(std::max(*deadline, now - usual_lateness));
  if (!awaits_pong_ && session_.awaits_pong() && opened_) {
    awaits_pong_ = true;
    guarded([this] { handler_->on_ping(); });
  }
}

void EngineDriver::tell_pong() {
  if (!awaits_pong_ || session_.awaits_pong() || ended_) return;
  awaits_pong_ = false;
  guarded([this] { handler_->on_pong(); });
}

// Deadlines mostly move away: then the timer is left alone, and finds nothing to do when it fires.
void EngineDriver::schedule() {
  const TimePoint deadline =
      std::min(session_.next_deadline().value_or(TimePoint::max()), handler_->next_deadline());
  if (deadline >= scheduled_at_) return;
  scheduled_at_ = deadline;
  worker_->schedule(*this, deadline);
}

void EngineDriver::send(std::span<const Frame> frames) {
  if (session_.state() != EngineState::open) return;
  for (const Frame& frame : frames) {
    queued_bytes_ += frame.size();
    session_.send(frame);
  }
  pump();
}

void EngineDriver::set_reading(bool reading) {
  if (!worker_ || std::exchange(is_reading_, reading) == reading) return;
  apply_reading();
  if (!reading) return session_.hold_input(true);
  // The handler may be in the middle of what came before: it gets the rest of a POST later.
  boost::asio::post(executor_, [self = shared_from_this()] {
    if (!self->is_reading_) return;
    self->session_.hold_input(false);
    self->pump();
  });
}

// One that is not the transport yet says nothing but that it wants to be, and then takes what waits.
bool EngineDriver::reads_websockets() const noexcept {
  return is_reading_ || session_.transport() != socketio::EngineTransport::websocket;
}

void EngineDriver::apply_reading() {
  const bool reading = reads_websockets();
  for (EngineWebSocket* const websocket : websockets_) websocket->set_reading(reading);
}

void EngineDriver::close(CloseReason reason) {
  if (!worker_) return;
  session_.close(reason, worker_->now());
  pump();
}

// Events before actions, as EngineSession wants it, until there are neither. What is called in between may call back:
// it only adds to what is taken here.
void EngineDriver::pump() {
  if (!worker_ || std::exchange(pumping_, true)) return;
  if (!std::exchange(opened_, true)) guarded([this] { handler_->on_open(shared_from_this()); });
  bool more = true;
  while (more) {
    more = hand_up();
    tell_pong();
    more = hand_down() || more;
  }
  pumping_ = false;
  if (ended_) return finish();
  if (!is_reading_) apply_reading();  // one of them may be the transport now
  schedule();
}

bool EngineDriver::hand_up() {
  bool any = false;
  while (const auto event = session_.poll_event()) {
    any = true;
    std::visit([this](const auto& what) { handle(what); }, *event);
  }
  return any;
}

void EngineDriver::handle(const socketio::engine_event::Message& event) {
  guarded([&] { handler_->on_message(event.message); });
}

void EngineDriver::handle(const socketio::engine_event::Closed& event) {
  ended_ = true;
  queued_bytes_ = 0;
  endpoint_->counters().session_closed(event.reason);
  guarded([&] { handler_->on_closed(event.reason); });
}

// The handler may have ended the session before it threw.
template <class Call>
void EngineDriver::guarded(Call call) {
  const LogWriter& log = endpoint_->log();
  try {
    return call();
  } catch (const std::exception& error) {
    log.write(LogLevel::error, "engine-handler-failed", {{"error", error.what()}});
  } catch (...) {
    log.write(LogLevel::error, "engine-handler-failed");
  }
  if (worker_) session_.close(CloseReason::internal, worker_->now());
}

void EngineDriver::finish() {
  const auto worker = std::exchange(worker_, nullptr);
  if (!worker) return;
  TimerWheel::cancel(*this);
  // It may be in the middle of a call.
  boost::asio::post(executor_, [old = std::move(handler_)] {});
  endpoint_->registry().remove(*this);
  worker->remove(*this);
}

}  // namespace signaling::net
