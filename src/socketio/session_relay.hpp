#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <span>

#include "signaling/core/clock.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/socketio/engine_socket.hpp"

namespace signaling::socketio {

class ClientSession;

/// Carries a client's session from the executor of its connection to that of a namespace that goes on there: peers stay on
/// their executors, and a client that comes back may come to any.
///
/// Everything is posted, so each side sees what the other does in order. What one side is told of the other's queue is late
/// at worst: less appears to have left than has.
/// Ownership: shared by both sides. The connection's side owns the session, and what is posted keeps it until it has run.
/// Threads: the functions under "near" on the connection's executor, those of the EngineSocket on the session's.
class SessionRelay final : public EngineSocket, public std::enable_shared_from_this<SessionRelay> {
 public:
  /// `session` is not used by anybody else from now on.
  SessionRelay(const std::shared_ptr<ClientSession>& session, std::shared_ptr<EngineSocket> near_socket,
               boost::asio::any_io_executor executor);

  // Near: from the connection.

  /// First, once.
  void start();
  void receive(const MessageView& message);
  void written();
  void on_ping();
  void on_pong();
  void on_page_left();
  TimePoint next_deadline() const noexcept { return deadline_; }
  void on_time(TimePoint now);
  void end(CloseReason reason);

  // Far: from the session.
  boost::asio::any_io_executor executor() const override { return executor_; }
  void send(std::span<const Frame> frames) override;
  void set_reading(bool reading) override;
  void close(CloseReason reason) override;
  std::size_t queued_bytes() const noexcept override { return sent_ - left_; }

 private:
  template <class Call>
  void call(Call call);
  std::size_t bytes_left() const noexcept { return handed_ - near_->queued_bytes(); }
  void follow_deadline(const ClientSession& session);
  void handled(std::size_t bytes);
  void apply_reading();

  const std::weak_ptr<ClientSession> session_;
  const std::shared_ptr<EngineSocket> near_;
  const boost::asio::any_io_executor executor_;
  std::atomic<std::size_t> backlog_{0};  // bytes of messages that the session has not seen
  // Near:
  std::size_t handed_ = 0;  // bytes that the connection was given
  TimePoint deadline_ = TimePoint::max();
  bool is_wanted_ = true;  // the session wants to be given messages
  bool is_choked_ = false;
  // Far:
  std::size_t sent_ = 0;  // bytes that the session has given
  std::size_t left_ = 0;  // of these the kernel has
  TimePoint told_deadline_ = TimePoint::max();
};

}  // namespace signaling::socketio
