#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/core/router.hpp"
#include "signaling/core/transport.hpp"

namespace signaling::testing {

/// A connection whose client is the test: says what it likes, and reads what it got, or does not.
///
/// Ownership: disconnects when it is destroyed. Threads: everything on the executor, or while it does not run.
class SIGNALING_API MemoryTransport final : public Transport {
 public:
  /// Not connected yet.
  explicit MemoryTransport(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  MemoryTransport(const MemoryTransport&) = delete;
  MemoryTransport& operator=(const MemoryTransport&) = delete;
  ~MemoryTransport() override { disconnect(); }

  /// Once.
  void connect(Router& router, std::unique_ptr<Protocol> protocol, ConnectInfo info = {});

  /// The client sends a message. After the end: nothing happens.
  void send(std::string_view text) { send(MessageView{MessageKind::text, text}); }
  /// The client sends a message, text or binary.
  void send(const MessageView& message);
  /// The messages that the client has got since the last call.
  std::vector<Frame> take();
  /// The same as texts.
  std::vector<std::string> take_texts();
  /// The client stops to read: what is written from now on waits, and counts as not written.
  void hold() { holding_ = true; }
  /// The client reads what waits, and goes on reading.
  void release();
  /// The client is gone, without reading what waits. A second call does nothing.
  void disconnect(CloseReason reason = CloseReason::lost);

  /// Whether the router wants more messages; `send` sends nevertheless.
  bool is_read() const noexcept { return is_read_; }
  /// Between `connect` and the end.
  bool is_connected() const noexcept { return peer_ != nullptr; }
  /// Why the router closed the connection, if it did.
  const std::optional<CloseReason>& closed() const noexcept { return closed_; }
  /// Null before `connect` and after the end.
  const std::shared_ptr<Peer>& peer() const noexcept { return peer_; }

  boost::asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const Frame> frames) override;
  void set_reading(bool reading) override { is_read_ = reading; }
  void close(CloseReason reason) override;

 private:
  void pass_on();

  boost::asio::any_io_executor executor_;
  std::shared_ptr<Peer> peer_;
  std::deque<Frame> waiting_;
  std::vector<Frame> got_;
  bool holding_ = false;
  bool is_read_ = true;
  std::optional<CloseReason> closed_;
};

}  // namespace signaling::testing
