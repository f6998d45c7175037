#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <ctime>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/connection.hpp"
#include "net/listener.hpp"
#include "net/poller.hpp"
#include "net/resident.hpp"
#include "net/server_context.hpp"
#include "net/shared_deflater.hpp"
#include "net/timer_wheel.hpp"
#include "signaling/core/callback.hpp"

namespace signaling::net {

/// One executor of the server: its connections, their deadlines, and the buffers they share.
///
/// Threads: the executor's only, but the constructor, `executor` and `context`.
class Worker final : public std::enable_shared_from_this<Worker> {
 public:
  Worker(boost::asio::any_io_executor executor, std::shared_ptr<ServerContext> context);

  const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
  ServerContext& context() noexcept { return *context_; }

  void add(std::unique_ptr<Listener> listener);
  /// Opens a connection that was counted by the limiter; the worker takes care that it is released.
  void add(AcceptedSocket socket);
  /// Goes on with a connection that was on another worker.
  void add(MovingConnection moving);
  /// The connection is closed. It is destroyed later, when nobody can be in one of its functions.
  void remove(Connection& connection);
  /// The same for one that goes on elsewhere.
  void release(Connection& connection);
  void add(std::shared_ptr<Resident> resident);
  /// Destroyed later, too, if nobody else has it.
  void remove(Resident& resident);

  Poller& poller() noexcept { return *poller_; }
  TimePoint now() const noexcept { return poller_->now(); }
  void schedule(Timed& entry, TimePoint deadline);

  /// What came from a socket, for the time of one Session::on_data.
  std::span<std::byte> read_buffer() noexcept { return read_buffer_; }
  /// Where pieces are gathered for one write.
  std::span<std::byte> write_buffer() noexcept { return write_buffer_; }
  /// Where a part of a file lies until it is sent.
  std::span<std::byte> file_buffer();
  /// For frames that leave in one write; whoever uses it clears it first.
  std::vector<std::byte>& encode_buffer() noexcept { return encode_buffer_; }
  /// SharedDeflater::wire; the view lives for this turn of the loop.
  std::span<const std::byte> compressed_wire(websocket::Connection& connection, const Frame& message);
  /// For frames that leave together; whoever uses it puts it back empty.
  std::vector<Frame>& frame_buffer() noexcept { return frame_buffer_; }
  /// The time as in a Date header.
  const std::string& http_date();

  bool stopping() const noexcept { return stopping_; }
  /// See Server::async_stop. `done` is called when nothing is left.
  void stop(TimePoint deadline, Callback<void()> done);
  /// Closes everything now.
  void drop_all();

 private:
  class StopDeadline final : public Timed {
   public:
    explicit StopDeadline(Worker& worker) : worker_(worker) {}
    void on_deadline(TimePoint) override { worker_.drop_all(); }

   private:
    Worker& worker_;
  };

  void arm_timer(TimePoint when);
  void advance_timers();
  void stop_residents();
  void finish_if_empty();

  const boost::asio::any_io_executor executor_;
  const std::shared_ptr<ServerContext> context_;
  const std::shared_ptr<Poller> poller_;
  TimerWheel wheel_;
  boost::asio::steady_timer timer_;
  TimePoint timer_at_ = TimePoint::max();  // when timer_ will fire; max: it is not running
  std::vector<std::byte> read_buffer_;
  std::vector<std::byte> write_buffer_;
  std::vector<std::byte> file_buffer_;
  std::vector<std::byte> encode_buffer_;
  SharedDeflater deflater_;
  std::vector<Frame> frame_buffer_;
  std::time_t date_second_ = 0;
  std::string date_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<std::shared_ptr<Resident>> residents_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  bool stopping_ = false;
  TimePoint stop_at_ = TimePoint::max();
  StopDeadline stop_deadline_{*this};
  std::vector<Callback<void()>> done_;
};

}  // namespace signaling::net
