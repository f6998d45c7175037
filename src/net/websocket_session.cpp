// Path 2/8 and 7/8 of the bundled server: drives websocket/connection. Next: net/peer_websocket.cpp (in),
// net/connection.cpp (out).
#include "net/websocket_session.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>
#include <variant>

#include "net/connection.hpp"
#include "net/worker.hpp"

namespace signaling::net {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds off{0};

// A client that is not read has its end behind what it sent, or in the kernel's queue on its own side. If it is gone, a
// ping is answered by a reset.
constexpr milliseconds probe_interval{5'000};

// Of control frames that wait for a client that does not read.
constexpr std::size_t max_waiting_control_bytes = 4 * 1024;
// What a write costs while it waits, however short it is.
constexpr std::size_t least_waiting_bytes = 64;
// Fewer than websocket::Connection keeps.
constexpr std::uint8_t pings_per_write = 16;
// What a message that takes long to arrive must come with.
constexpr std::size_t slowest_bytes_per_second = 1024;

MessageView as_view(const websocket::Message& message) {
  return {message.kind, {reinterpret_cast<const char*>(message.payload.data()), message.payload.size()}};
}

// What a proxy sends when it restarts, or loses the server: the client has not meant to end the connection.
bool is_of_intermediary(websocket::CloseCode code) noexcept {
  return code >= websocket::CloseCode::internal_error && code <= websocket::CloseCode::bad_gateway;
}

}  // namespace

std::uint16_t websocket_close_code(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::normal: return 1000;
    case CloseReason::going_away: return 1001;
    case CloseReason::protocol_error: return 1002;
    case CloseReason::message_too_large: return 1009;
    case CloseReason::lost:
    case CloseReason::internal: break;
    case CloseReason::overloaded: return 1013;
    case CloseReason::bad_request: return 1008;
    case CloseReason::unauthorized: return 4401;
    case CloseReason::kicked: return 4403;
    case CloseReason::timeout: return 4408;
    case CloseReason::replaced: return 4409;
    case CloseReason::expired: return 4410;
    case CloseReason::slow_consumer: return 4413;
  }
  return 1011;
}

WebSocketSession::WebSocketSession(Connection& connection, const WebSocketSettings& settings,
                                   const websocket::ConnectionOptions& options)
    : connection_(connection), settings_(settings), websocket_(websocket::Role::server, options) {}

void WebSocketSession::on_open() {
  const milliseconds first_message =
      settings_.first_message_timeout.value_or(connection_.worker().context().options.first_message_timeout);
  last_heard_ = connection_.worker().now();
  if (first_message != off) first_message_by_ = last_heard_ + first_message;
  schedule_check();
  opened();
}

void WebSocketSession::on_data(std::span<std::byte> bytes) {
  if (lingering_) return;
  last_heard_ = connection_.worker().now();
  const bool was_demanded = std::exchange(sign_by_, TimePoint::max()) != TimePoint::max();
  websocket_.receive(bytes);
  poll_events();
  if (!connection_.is_open()) return;
  if (was_demanded && !ended_) showed_life();
  if (!connection_.is_open()) return;
  watch_arrival(bytes.size());
  send_control();
  close_if_done();
}

void WebSocketSession::poll_events() {
  while (input_wanted_) {
    const auto event = websocket_.poll_event();
    if (!event) return;
    std::visit([this](const auto& what) { handle(what); }, *event);
    if (!connection_.is_open()) return;
  }
  const std::span<std::byte> rest = websocket_.take_unread();
  unread_.assign(rest.begin(), rest.end());
}

// What came before the message is answered before it.
void WebSocketSession::handle(const websocket::Message& message) {
  first_message_by_ = message_by_ = TimePoint::max();
  send_control();
  if (!ended_ && connection_.is_open()) received(as_view(message));
}

void WebSocketSession::handle(const websocket::Ping&) {
  if (++pings_ >= pings_per_write) send_control();
}

// Any byte shows that a client lives, for one that sends a long message over a slow line cannot answer a ping before its
// end. Hence a message must come to an end, or anybody could hold a connection with a byte now and then.
void WebSocketSession::watch_arrival(std::size_t bytes) {
  if (!websocket_.in_message()) {
    message_by_ = TimePoint::max();
  } else if (message_by_ != TimePoint::max()) {
    message_by_ += std::chrono::nanoseconds(std::chrono::seconds(1)) * bytes / slowest_bytes_per_second;
  } else if (arrival_time() != off) {
    message_by_ = last_heard_ + arrival_time();
  }
}

void WebSocketSession::handle(const websocket::Closed& closed) {
  clean_ = closed.clean;
  is_page_left_ = closed.clean && closed.code == websocket::CloseCode::going_away;
  const bool is_meant = closed.clean && !is_of_intermediary(closed.code);
  end(is_meant ? CloseReason::normal : CloseReason::lost);
}

void WebSocketSession::handle(const websocket::ProtocolError& error) {
  if (error.code == websocket::CloseCode::policy_violation) {
    ServerCounters::add(connection_.worker().context().counters.too_many_fragments);
  }
  const bool too_large = error.code == websocket::CloseCode::message_too_big;
  end(too_large ? CloseReason::message_too_large : CloseReason::protocol_error);
}

void WebSocketSession::on_end() {
  websocket_.receive_end();
  poll_events();
  connection_.drop(CloseReason::lost);
}

// A client that is not read has answered, as far as anybody knows.
void WebSocketSession::demand_sign(milliseconds time) {
  if (closing_ || !connection_.is_open() || connection_.is_holding() || sign_by_ != TimePoint::max()) return;
  const TimePoint now = connection_.worker().now();
  sign_by_ = now + time;
  websocket_.ping();
  ping_sent_ = now;
  send_control();
  if (connection_.is_open()) schedule_check();
}

// The client has gone. What it sent before has this long to be done, however much it is.
void WebSocketSession::on_end_ahead() {
  const milliseconds timeout = connection_.worker().context().options.close_timeout;
  if (closing_ || timeout == off) return;
  end_by_ = connection_.worker().now() + timeout;
  schedule_check();
}

void WebSocketSession::on_written(std::size_t message_bytes) {
  if (!ended_ && message_bytes > 0) left(message_bytes);
  if (!connection_.is_open()) return;
  send_control();
  close_if_done();
}

void WebSocketSession::send_frames(std::span<const Frame> frames) {
  if (websocket_.state() != websocket::ConnectionState::open) return;
  if (!websocket_.encodes()) return connection_.send(frames);
  std::vector<std::byte>& buffer = connection_.worker().encode_buffer();
  buffer.clear();
  std::size_t message_bytes = 0;
  for (const Frame& frame : frames) {
    const std::span<const std::byte> wire = connection_.worker().compressed_wire(websocket_, frame);
    buffer.insert(buffer.end(), wire.begin(), wire.end());
    message_bytes += frame.size();
  }
  connection_.send(buffer, message_bytes);
}

void WebSocketSession::send_first(const Frame& frame) {
  if (websocket_.state() == websocket::ConnectionState::open) connection_.send_first(frame);
}

// Control frames take their place among the messages, but only few of them wait for the socket. A client that floods with
// pings and does not read the pongs gets the latest ones when it reads (RFC 6455 5.5.3).
void WebSocketSession::send_control() {
  pings_ = 0;
  if (!connection_.is_open() || websocket_.output().empty()) return;
  if (connection_.drained()) waiting_control_bytes_ = 0;
  if (waiting_control_bytes_ >= max_waiting_control_bytes) return;
  std::vector<std::byte>& buffer = connection_.worker().encode_buffer();
  buffer.clear();
  // Consumed before it is sent: sending may come back here.
  while (!websocket_.output().empty()) {
    const std::span<const std::byte> output = websocket_.output();
    buffer.insert(buffer.end(), output.begin(), output.end());
    websocket_.consume_output(output.size());
  }
  waiting_control_bytes_ += std::max(buffer.size(), least_waiting_bytes);
  connection_.send(buffer, 0);
}

void WebSocketSession::start_close(CloseReason reason) {
  start_close(reason, {websocket_close_code(reason), to_string(reason)});
}

void WebSocketSession::start_close(CloseReason reason, const CloseStatus& status) {
  if (closing_ || !connection_.is_open()) return;
  closing_ = true;
  close_reason_ = reason;
  websocket_.close(static_cast<websocket::CloseCode>(status.code), status.reason);
  limit_close_time();
  connection_.resume_reading();
  if (!std::exchange(input_wanted_, true)) go_on_later();
  send_control();
}

void WebSocketSession::set_input(bool wanted) {
  // While it closes, messages are thrown away, and the client's Close frame is waited for.
  if (closing_ || !connection_.is_open() || std::exchange(input_wanted_, wanted) == wanted) return;
  if (wanted) {
    go_on_later();
  } else {
    connection_.hold_reading();
    if (probe_at_ != TimePoint::max()) return;
    probe_at_ = connection_.worker().now() + probe_interval;
    schedule_check();
  }
}

// Whoever wants input again may be in the middle of what came before.
void WebSocketSession::go_on_later() {
  boost::asio::post(connection_.worker().executor(),
                    [this, self = connection_.shared_from_this()] { go_on(); });
}

void WebSocketSession::go_on() {
  if (!connection_.is_open() || !input_wanted_) return;
  std::vector<std::byte> unread = std::exchange(unread_, {});
  if (!unread.empty()) on_data(unread);
  if (input_wanted_) connection_.release_reading();
}

void WebSocketSession::limit_close_time() {
  const milliseconds timeout = connection_.worker().context().options.close_timeout;
  connection_.clear_deadline();
  if (timeout != off) connection_.set_deadline(connection_.worker().now() + timeout);
}

// The closing handshake is over and written. After an error the client may still be sending, and would lose
// our Close frame if the socket were closed under it: its bytes are thrown away until it has read that frame.
void WebSocketSession::close_if_done() {
  const bool done = websocket_.state() == websocket::ConnectionState::closed && websocket_.output().empty();
  if (lingering_ || !done || !connection_.is_open() || !connection_.drained()) return;
  if (clean_) return connection_.drop(close_reason_);
  lingering_ = true;
  connection_.shut_down_write();
  connection_.resume_reading();
}

void WebSocketSession::end(CloseReason reason) {
  if (!closing_) {
    closing_ = true;
    close_reason_ = reason;
    if (connection_.is_open()) limit_close_time();
  }
  if (std::exchange(ended_, true)) return;
  connection_.worker().context().counters.websocket_closed(close_reason_);
  ended(close_reason_);
}

void WebSocketSession::on_closed(CloseReason reason) { end(reason); }

void WebSocketSession::on_stop() {
  if (lingering_) return connection_.drop(close_reason_);
  start_close(CloseReason::going_away);
}

void WebSocketSession::on_deadline(TimePoint now) {
  if (closing_) {
    ServerCounters::add(connection_.worker().context().counters.close_timeouts);
    return connection_.drop(close_reason_);
  }
  if (now >= message_by_ && !connection_.is_reading()) message_by_ = now + arrival_time();
  if (now >= end_by_) return connection_.drop(CloseReason::lost);
  // Its pong is among what is not read.
  if (connection_.is_holding()) last_heard_ = now;
  if (now >= sign_by_ && last_alive() > ping_sent_) sign_by_ = TimePoint::max();
  if (now >= probe_at_) probe(now);
  if (!connection_.is_open()) return;
  if (now >= std::min(first_message_by_, message_by_)) return start_close(CloseReason::timeout);
  ping_if_silent(now);
  if (!closing_ && connection_.is_open()) schedule_check();
}

// Once per check, not per message: what is heard in between only makes the check find nothing to do.
void WebSocketSession::schedule_check() {
  const TimePoint next = next_check();
  if (next != TimePoint::max()) connection_.set_deadline(next);
}

milliseconds WebSocketSession::ping_interval() const {
  return settings_.ping_interval.value_or(connection_.worker().context().options.ping_interval);
}

// For the first bytes of a message; those that have come prolong it. A client that may be silent may also be slow.
milliseconds WebSocketSession::arrival_time() const {
  const milliseconds timeout = connection_.worker().context().options.ping_timeout;
  return ping_interval() == off || timeout == off ? off : ping_interval() + timeout;
}

void WebSocketSession::ping_if_silent(TimePoint now) {
  const milliseconds timeout = connection_.worker().context().options.ping_timeout;
  const bool awaits_pong = ping_sent_ > last_alive();
  if (now >= sign_by_ || (awaits_pong && timeout != off && now >= ping_sent_ + timeout)) {
    // Not waited for: whoever did not answer the ping will not answer the Close frame either.
    start_close(CloseReason::timeout);
    connection_.drop(CloseReason::timeout);
  } else if (now >= next_check() && now < first_message_by_) {
    websocket_.ping();
    ping_sent_ = now;
    send_control();
  }
}

void WebSocketSession::probe(TimePoint now) {
  probe_at_ = connection_.is_holding() ? now + probe_interval : TimePoint::max();
  if (!connection_.is_holding()) return;
  websocket_.ping();
  send_control();
}

// A ping may be far behind in what a client on a slow line has to read. Whoever takes that lives.
TimePoint WebSocketSession::last_alive() const { return std::max(last_heard_, connection_.last_room()); }

TimePoint WebSocketSession::next_check() const {
  const milliseconds interval = ping_interval();
  const milliseconds timeout = connection_.worker().context().options.ping_timeout;
  TimePoint next = TimePoint::max();
  if (interval != off) {
    const bool awaits_pong = ping_sent_ > last_alive() && timeout != off;
    next = awaits_pong ? ping_sent_ + timeout : std::max(last_alive(), ping_sent_) + interval;
  }
  return std::min({next, first_message_by_, message_by_, end_by_, probe_at_, sign_by_});
}

}  // namespace signaling::net
