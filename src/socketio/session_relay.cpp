#include "socketio/session_relay.hpp"

#include <boost/asio/post.hpp>
#include <string>
#include <utility>
#include <vector>

#include "socketio/client_session.hpp"

namespace signaling::socketio {
namespace {

// Beyond it, the connection is not read: the executor of the session is behind.
constexpr std::size_t max_backlog = std::size_t{1024} * 1024;

std::size_t size_of(std::span<const Frame> frames) noexcept {
  std::size_t bytes = 0;
  for (const Frame& frame : frames) bytes += frame.size();
  return bytes;
}

}  // namespace

SessionRelay::SessionRelay(const std::shared_ptr<ClientSession>& session,
                           std::shared_ptr<EngineSocket> near_socket, boost::asio::any_io_executor executor)
    : session_(session), near_(std::move(near_socket)), executor_(std::move(executor)) {}

template <class Call>
void SessionRelay::call(Call call) {
  auto session = session_.lock();
  if (!session) return;
  boost::asio::post(executor_,
                    [self = shared_from_this(), session = std::move(session), call = std::move(call)] {
                      call(*self, *session);
                      self->follow_deadline(*session);
                    });
}

void SessionRelay::start() {
  call([](SessionRelay& self, ClientSession& session) { session.move_to(self.shared_from_this()); });
}

void SessionRelay::receive(const MessageView& message) {
  const std::size_t bytes = message.bytes.size();
  if (backlog_.fetch_add(bytes) + bytes > max_backlog && !std::exchange(is_choked_, true)) apply_reading();
  call([kind = message.kind, text = std::string(message.bytes)](SessionRelay& self, ClientSession& session) {
    session.receive({kind, text});
    self.handled(text.size());
  });
}

void SessionRelay::handled(std::size_t bytes) {
  const std::size_t before = backlog_.fetch_sub(bytes);
  const std::size_t enough = max_backlog / 2;
  if (before < enough || before - bytes >= enough) return;
  boost::asio::post(near_->executor(), [self = shared_from_this()] {
    if (std::exchange(self->is_choked_, false)) self->apply_reading();
  });
}

void SessionRelay::apply_reading() { near_->set_reading(is_wanted_ && !is_choked_); }

void SessionRelay::written() {
  call([left = bytes_left()](SessionRelay& self, ClientSession& session) {
    self.left_ = left;
    session.written();
  });
}

void SessionRelay::on_ping() {
  call([left = bytes_left()](SessionRelay& self, ClientSession& session) {
    self.left_ = left;
    session.on_ping();
  });
}

void SessionRelay::on_pong() {
  call([](SessionRelay&, ClientSession& session) { session.on_pong(); });
}

void SessionRelay::on_page_left() {
  call([](SessionRelay&, ClientSession& session) { session.on_page_left(); });
}

void SessionRelay::on_time(TimePoint now) {
  deadline_ = TimePoint::max();
  call([now](SessionRelay& self, ClientSession& session) {
    self.told_deadline_ = TimePoint::max();
    session.on_time(now);
  });
}

void SessionRelay::end(CloseReason reason) {
  call([reason](SessionRelay&, ClientSession& session) { session.end(reason); });
}

void SessionRelay::send(std::span<const Frame> frames) {
  sent_ += size_of(frames);
  boost::asio::post(near_->executor(),
                    [self = shared_from_this(), frames = std::vector<Frame>(frames.begin(), frames.end())] {
                      self->handed_ += size_of(frames);
                      self->near_->send(frames);
                      self->written();
                    });
  if (const auto session = session_.lock()) follow_deadline(*session);
}

void SessionRelay::set_reading(bool reading) {
  boost::asio::post(near_->executor(), [self = shared_from_this(), reading] {
    self->is_wanted_ = reading;
    self->apply_reading();
  });
}

void SessionRelay::close(CloseReason reason) {
  boost::asio::post(near_->executor(), [self = shared_from_this(), reason] { self->near_->close(reason); });
}

// The connection asks for the deadline when it was given something, even nothing.
void SessionRelay::follow_deadline(const ClientSession& session) {
  const TimePoint next = session.next_deadline();
  if (std::exchange(told_deadline_, next) == next) return;
  boost::asio::post(near_->executor(), [self = shared_from_this(), next] {
    self->deadline_ = next;
    self->near_->send({});
  });
}

}  // namespace signaling::socketio
