// Path 2/8 and 7/8 of the bundled server: drives websocket/connection. Next: net/peer_websocket.cpp (in),
// net/connection.cpp (out).
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "net/session.hpp"
#include "signaling/core/clock.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/net/websocket_route.hpp"
#include "signaling/websocket/connection.hpp"

namespace signaling::net {

class Connection;

/// A WebSocket on one connection: messages in and out, pings, deadlines, the closing handshake. What the
/// messages mean is for the class derived from it.
class WebSocketSession : public Session {
 public:
  WebSocketSession(Connection& connection, const WebSocketSettings& settings,
                   const websocket::ConnectionOptions& options);

  void on_open() final;
  void on_data(std::span<std::byte> bytes) final;
  void on_end() final;
  void on_end_ahead() final;
  void on_written(std::size_t message_bytes) final;
  void on_deadline(TimePoint now) final;
  void on_stop() final;
  void on_closed(CloseReason reason) final;

 protected:
  Connection& connection() const noexcept { return connection_; }
  /// Does nothing once the closing handshake has begun.
  void send_frames(std::span<const Frame> frames);
  /// The same ahead of most of what waits for the socket.
  void send_first(const Frame& frame);
  /// Begins the closing handshake, behind what was sent. Only the first call counts.
  void start_close(CloseReason reason);
  void start_close(CloseReason reason, const CloseStatus& status);
  bool has_ended() const noexcept { return ended_; }
  /// The client has closed with the code of a browser that leaves the page (RFC 6455 7.4.1).
  bool is_page_left() const noexcept { return is_page_left_; }
  /// Whether more messages are wanted. If not, none is given to `received`, whatever has come already.
  void set_input(bool wanted);
  /// A ping, and then `showed_life`, or the end of the connection if nothing comes from the client within `time`.
  void demand_sign(std::chrono::milliseconds time);

 private:
  virtual void opened() = 0;
  virtual void received(const MessageView& message) = 0;
  /// Messages of this many bytes in all have left.
  virtual void left(std::size_t message_bytes) = 0;
  virtual void showed_life() {}
  /// Exactly once; no other function is called afterwards.
  virtual void ended(CloseReason reason) = 0;

  void handle(const websocket::Message& message);
  void handle(const websocket::Ping& ping);
  void handle(const websocket::Pong&) {}
  void handle(const websocket::Closed& closed);
  void handle(const websocket::ProtocolError& error);
  void poll_events();
  void go_on_later();
  void go_on();
  void watch_arrival(std::size_t bytes);
  void send_control();
  void close_if_done();
  void limit_close_time();
  void end(CloseReason reason);
  void schedule_check();
  void ping_if_silent(TimePoint now);
  void probe(TimePoint now);
  TimePoint next_check() const;
  TimePoint last_alive() const;
  std::chrono::milliseconds ping_interval() const;
  std::chrono::milliseconds arrival_time() const;

  Connection& connection_;
  const WebSocketSettings& settings_;
  websocket::Connection websocket_;
  TimePoint first_message_by_ = TimePoint::max();  // max: it came, or may come at any time
  TimePoint message_by_ = TimePoint::max();        // max: no message is half here
  TimePoint end_by_ = TimePoint::max();    // max: the client has not ended its side while it was not read
  TimePoint probe_at_ = TimePoint::max();  // max: the client is read
  TimePoint sign_by_ = TimePoint::max();   // max: no sign of life was demanded, or it has come
  TimePoint last_heard_{};
  TimePoint ping_sent_{};
  std::size_t waiting_control_bytes_ = 0;  // at most so many bytes of control frames wait for the socket
  CloseReason close_reason_ = CloseReason::lost;
  std::uint8_t pings_ = 0;         // since control frames were last sent
  std::vector<std::byte> unread_;  // came when no input was wanted any more
  bool input_wanted_ = true;
  bool closing_ = false;    // close_reason_ is decided
  bool ended_ = false;      // ended() was called
  bool lingering_ = false;  // all is said; what the client still sends is thrown away
  bool clean_ = false;      // both ends sent a Close frame
  bool is_page_left_ = false;
};

}  // namespace signaling::net
