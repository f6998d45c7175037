// Path 1/8: readable socket -> bytes. Next: net/websocket_session.cpp (WebSocket), net/http_session.cpp
// (HTTP).
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/channel.hpp"
#include "net/output_queue.hpp"
#include "net/poller.hpp"
#include "net/session.hpp"
#include "net/timer_wheel.hpp"
#include "signaling/core/frame.hpp"

namespace signaling::net {

class Worker;

/// A client that was accepted.
struct AcceptedSocket {
  UniqueFd fd;
  boost::asio::ip::address address;
  /// Null: plain.
  SslPointer ssl;
};

class Connection;

/// Makes the session of a connection, on its executor.
using SessionFactory = std::function<std::unique_ptr<Session>(Connection& connection)>;

/// A connection on its way to another worker.
struct MovingConnection {
  Channel channel;
  boost::asio::ip::address address;
  SessionFactory make_session;
  /// To be sent before anything else.
  std::string greeting;
  /// What the client has sent already.
  std::vector<std::byte> input;
};

/// One client's socket: reads when it is readable, writes when something is sent, keeps what the socket does
/// not take.
///
/// Ownership: by its Worker until it is closed, and by pending operations.
/// Threads: the worker's executor.
/// Complexity: an idle connection holds no buffers.
class Connection final : public Pollable, public Timed, public std::enable_shared_from_this<Connection> {
 public:
  Connection(Worker& worker, AcceptedSocket socket);
  Connection(Worker& worker, Channel channel, boost::asio::ip::address address);

  /// Starts with TLS or HTTP. False: the kernel refuses to watch the socket.
  [[nodiscard]] bool open();
  /// Goes on where another worker's connection has left off; its channel and address are here already.
  void resume(MovingConnection& moving);

  // For sessions.
  Worker& worker() noexcept { return worker_; }
  bool secure() const noexcept { return secure_; }
  const boost::asio::ip::address& address() const noexcept { return address_; }
  bool is_open() const noexcept { return open_; }
  /// Nothing waits for the socket.
  bool drained() const noexcept { return output_.empty(); }
  void send(std::span<const Frame> frames);
  /// The same ahead of most of what waits.
  void send_first(const Frame& frame);
  /// `message_bytes`: what `bytes` count as when Session::on_written tells that they have left.
  void send(std::span<const std::byte> bytes, std::size_t message_bytes);
  /// The same for an answer that more is likely to follow before the executor does anything else: all leaves in one
  /// write, or this alone a little later.
  void send_ahead(std::span<const std::byte> bytes);
  /// When the client last made room in a socket that was full: it reads, whatever else it does.
  TimePoint last_room() const noexcept { return last_room_; }
  /// Calls Session::on_written once more when the socket has room.
  void notify_writable();
  bool is_reading() const noexcept { return reading_ && !holding_; }
  /// Until `resume_reading`; that the client has ended its side is noticed meanwhile.
  void pause_reading();
  void resume_reading();
  /// Until `release_reading`. If the client ends its side meanwhile, Session::on_end_ahead is called.
  void hold_reading();
  void release_reading();
  bool is_holding() const noexcept { return holding_; }
  /// Tells the client that nothing more will come; what it sends is still read.
  void shut_down_write() noexcept { channel_.shut_down_write(); }
  /// Replaces the one deadline of this connection.
  void set_deadline(TimePoint deadline);
  void clear_deadline() noexcept { TimerWheel::cancel(*this); }
  /// Puts another session in place of the running one, and gives it `rest`, which came behind what made the
  /// change.
  void become(std::unique_ptr<Session> session, std::span<std::byte> rest);
  /// Goes on as a connection of another worker, where a session of its own sends `greeting` first and gets
  /// `rest`. For this object it is the end, of which its session is not told. Nothing may wait to be sent.
  void move_to(const std::shared_ptr<Worker>& worker, SessionFactory make_session, std::string greeting,
               std::span<const std::byte> rest);
  /// Closes at once; what waits is lost. Calls Session::on_closed.
  void drop(CloseReason reason);

  // For the worker.
  void stop();
  std::size_t registry_index = 0;

  void on_ready(std::uint32_t events) override;
  void on_deadline(TimePoint now) override;

 private:
  [[nodiscard]] bool watch();
  void leave_poller();
  void shake_hands();
  void start_http();
  void readable(std::uint32_t events);
  void read(bool to_the_end);
  void go_on_reading();
  void read_pending_later();
  void end_of_input();
  void flush();
  void settle(const WriteProgress& progress);
  std::uint32_t wanted_events() const noexcept;
  void update_interest();

  Worker& worker_;
  Channel channel_;
  OutputQueue output_;
  std::unique_ptr<Session> session_;
  boost::asio::ip::address address_;
  TimePoint last_room_{};
  std::uint32_t interest_ = 0;
  bool secure_;
  bool open_ = true;
  bool reading_ = true;
  bool holding_ = false;
  bool end_ahead_ = false;  // of the client's side, and not read yet
  bool input_ended_ = false;
  bool wants_room_ = false;
  bool held_ = false;  // output_ waits for what is sent next, not for the socket
};

}  // namespace signaling::net
