// Path 1/8: readable socket -> bytes. Next: net/websocket_session.cpp (WebSocket), net/http_session.cpp
// (HTTP).
#include "net/connection.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "net/http_session.hpp"
#include "net/worker.hpp"

namespace signaling::net {
namespace {

// A client that sends without a pause must not keep the others of its executor waiting.
constexpr int max_reads_per_turn = 4;

Channel make_channel(AcceptedSocket& socket) {
  return socket.ssl ? Channel(std::move(socket.fd), std::move(socket.ssl)) : Channel(std::move(socket.fd));
}

}  // namespace

Connection::Connection(Worker& worker, AcceptedSocket socket)
    : Connection(worker, make_channel(socket), std::move(socket.address)) {}

Connection::Connection(Worker& worker, Channel channel, boost::asio::ip::address address)
    : worker_(worker),
      channel_(std::move(channel)),
      address_(std::move(address)),
      secure_(channel_.secure()) {}

bool Connection::watch() {
  interest_ = wanted_events();
  return worker_.poller().add(channel_.fd(), *this, interest_);
}

bool Connection::open() {
  if (!watch()) return false;
  if (!secure_) {
    start_http();
  } else if (const auto timeout = worker_.context().options.tls_timeout; timeout.count() != 0) {
    set_deadline(worker_.now() + timeout);
  }
  return true;
}

void Connection::start_http() {
  clear_deadline();
  session_ = make_http_session(*this);
  session_->on_open();
}

void Connection::on_ready(std::uint32_t events) {
  const auto self = shared_from_this();
  if (!session_) {
    shake_hands();
    if (!open_ || !session_) return;
  }
  if (events & EPOLLOUT) {
    if (channel_.wants_write() && is_reading()) read(false);
    if (!output_.empty()) last_room_ = worker_.now();
    flush();
  }
  if (events & ~static_cast<std::uint32_t>(EPOLLOUT)) readable(events);
  update_interest();
}

void Connection::readable(std::uint32_t events) {
  if (!open_) return;
  if (is_reading() && !input_ended_) {
    read((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
  } else if (events & (EPOLLHUP | EPOLLERR)) {
    drop(CloseReason::lost);
  } else if ((events & EPOLLRDHUP) && !holding_) {
    end_of_input();
  } else if ((events & EPOLLRDHUP) && !std::exchange(end_ahead_, true)) {
    session_->on_end_ahead();
  }
}

void Connection::shake_hands() {
  const IoStatus status = channel_.handshake();
  if (status == IoStatus::would_block) {
    update_interest();
  } else if (status == IoStatus::ok) {
    start_http();
    if (channel_.pending()) read(false);
    update_interest();
  } else {
    drop(CloseReason::lost);
  }
}

// One read per readiness: less than was asked for is all there is, and the poller tells of what comes later.
// Only an end does not come again as an edge, and what TLS has taken out of the kernel is nothing the poller
// knows of.
void Connection::read(bool to_the_end) {
  const std::span<std::byte> buffer = worker_.read_buffer();
  for (int turn = 0; turn < max_reads_per_turn; ++turn) {
    const IoResult result = channel_.read(buffer);
    switch (result.status) {
      case IoStatus::ok:
        worker_.poller().count_read(result.bytes);
        session_->on_data(buffer.first(result.bytes));
        break;
      case IoStatus::would_block: return;
      case IoStatus::end: return end_of_input();
      case IoStatus::failed: return drop(CloseReason::lost);
    }
    if (!open_ || !is_reading()) return;
    const bool more = secure_ ? channel_.pending() : to_the_end || result.bytes == buffer.size();
    if (!more) return;
  }
  // It is the others' turn. Registering anew makes the poller look again.
  if (!channel_.pending()) return worker_.poller().modify(channel_.fd(), *this, interest_);
  read_pending_later();
}

// The kernel will not say that there is something to read: TLS holds it.
void Connection::read_pending_later() {
  boost::asio::post(worker_.executor(), [self = shared_from_this()] {
    if (self->open_ && self->is_reading()) self->on_ready(EPOLLIN);
  });
}

void Connection::end_of_input() {
  input_ended_ = true;
  session_->on_end();
}

void Connection::send(std::span<const Frame> frames) {
  if (!open_ || frames.empty()) return;
  if (!output_.empty()) {
    output_.push(frames, 0);
    if (held_) flush();
    return;
  }
  const WriteProgress progress = write_all(channel_, worker_.write_buffer(), frames, 0);
  if (progress.items < frames.size()) output_.push(frames.subspan(progress.items), progress.offset);
  settle(progress);
}

void Connection::send_first(const Frame& frame) {
  if (output_.empty()) return send(std::span(&frame, 1));
  if (open_) output_.push_first(frame);
}

void Connection::send(std::span<const std::byte> bytes, std::size_t message_bytes) {
  if (!open_ || bytes.empty()) return;
  output_.push(bytes, message_bytes);
  if (interest_ & EPOLLOUT) return;
  flush();
}

void Connection::send_ahead(std::span<const std::byte> bytes) {
  if (!open_) return;
  output_.push(bytes, 0);
  if (std::exchange(held_, true)) return;
  boost::asio::post(worker_.executor(), [self = shared_from_this()] {
    if (self->held_) self->flush();
  });
}

void Connection::flush() {
  if (!open_) return;
  wants_room_ = held_ = false;
  const WriteProgress progress =
      output_.empty() ? WriteProgress() : output_.write(channel_, worker_.write_buffer());
  settle(progress);
}

void Connection::settle(const WriteProgress& progress) {
  if (progress.status == IoStatus::failed || progress.status == IoStatus::end) return drop(CloseReason::lost);
  update_interest();
  session_->on_written(progress.message_bytes);
}

void Connection::notify_writable() {
  wants_room_ = true;
  update_interest();
}

void Connection::pause_reading() {
  reading_ = false;
  update_interest();
}

void Connection::resume_reading() {
  if (!std::exchange(reading_, true)) go_on_reading();
}

void Connection::hold_reading() {
  holding_ = true;
  update_interest();
}

void Connection::release_reading() {
  if (std::exchange(holding_, false)) go_on_reading();
}

void Connection::go_on_reading() {
  if (!open_ || !is_reading()) return;
  update_interest();
  if (channel_.pending()) read_pending_later();
}

// Plain sockets are watched for edges, which spares the kernel a second look at each after it was read. TLS
// reads ahead and cannot tell whether it has emptied the socket: it is watched for its level.
std::uint32_t Connection::wanted_events() const noexcept {
  if (channel_.wants_write() && is_reading()) return EPOLLOUT;
  std::uint32_t wanted = secure_ ? 0 : static_cast<std::uint32_t>(EPOLLET);
  // A client that goes away must be noticed also while nothing is read from it.
  if (!input_ended_ && !end_ahead_ && (!secure_ || !is_reading())) wanted |= EPOLLRDHUP;
  if (!input_ended_ && is_reading()) wanted |= EPOLLIN;
  if ((!output_.empty() && !held_) || wants_room_) wanted |= EPOLLOUT;
  return wanted;
}

void Connection::update_interest() {
  if (!open_) return;
  const std::uint32_t wanted = wanted_events();
  if (wanted == interest_) return;
  interest_ = wanted;
  worker_.poller().modify(channel_.fd(), *this, interest_);
}

void Connection::set_deadline(TimePoint deadline) { worker_.schedule(*this, deadline); }

void Connection::on_deadline(TimePoint now) {
  const auto self = shared_from_this();
  if (session_) return session_->on_deadline(now);
  ServerCounters::add(worker_.context().counters.tls_timeouts);
  drop(CloseReason::timeout);
}

void Connection::become(std::unique_ptr<Session> session, std::span<std::byte> rest) {
  clear_deadline();
  session_.swap(session);
  // The old one is in the middle of a call, and `rest` may be a part of it.
  boost::asio::post(worker_.executor(), [old = std::move(session)] {});
  session_->on_open();
  if (open_ && !rest.empty()) session_->on_data(rest);
}

void Connection::move_to(const std::shared_ptr<Worker>& worker, SessionFactory make_session,
                         std::string greeting, std::span<const std::byte> rest) {
  leave_poller();
  MovingConnection moving{std::move(channel_),
                          address_,
                          std::move(make_session),
                          std::move(greeting),
                          {rest.begin(), rest.end()}};
  worker_.release(*this);
  boost::asio::post(worker->executor(),
                    [to = worker, what = std::move(moving)]() mutable { to->add(std::move(what)); });
}

void Connection::resume(MovingConnection& moving) {
  const auto self = shared_from_this();
  session_ = moving.make_session(*this);
  if (!watch()) return drop(CloseReason::internal);
  send_ahead(std::as_bytes(std::span(moving.greeting)));
  session_->on_open();
  if (open_ && !moving.input.empty()) session_->on_data(moving.input);
  if (open_ && is_reading() && channel_.pending()) read(false);
  update_interest();
}

void Connection::stop() {
  const auto self = shared_from_this();
  if (session_) {
    session_->on_stop();
  } else {
    drop(CloseReason::going_away);
  }
}

void Connection::leave_poller() {
  open_ = false;
  clear_deadline();
  worker_.poller().remove(channel_.fd(), *this);
}

void Connection::drop(CloseReason reason) {
  if (!open_) return;
  leave_poller();
  channel_.close();
  output_.clear();
  // From here on the worker only keeps this object until the caller is out of it.
  worker_.remove(*this);
  if (session_) session_->on_closed(reason);
}

}  // namespace signaling::net
