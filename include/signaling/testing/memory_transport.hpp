#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/frame.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/core/router.hpp"
#include "signaling/core/transport.hpp"
#include "signaling/text/export.hpp"

namespace signaling::testing {

/// A connection whose client is the test, which sends and reads messages as it likes.
///
/// Ownership: the destructor disconnects. Threads: everything on the executor, or while it does not run.
class SIGNALING_API MemoryTransport final : public Transport {
 public:
  /// Not yet connected.
  explicit MemoryTransport(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  MemoryTransport(const MemoryTransport&) = delete;
  MemoryTransport& operator=(const MemoryTransport&) = delete;
  ~MemoryTransport() override { disconnect(); }

  /// May be called once.
  void connect(Router& router, std::unique_ptr<Protocol> protocol, const ConnectInfo& info = {});

  /// The client sends a message. Does nothing after the end.
  void send(std::string_view text) { send(MessageView{MessageKind::text, text}); }
  /// The client sends a message, text or binary.
  void send(const MessageView& message);
  /// The messages that the client has received since the last call.
  std::vector<Frame> take();
  /// The same as texts.
  std::vector<std::string> take_texts();
  /// The client stops reading: later output waits, and counts as unwritten.
  void hold() { holding_ = true; }
  /// The client reads what waits, and continues to read.
  void release();
  /// The client disconnects, without reading what waits. A second call does nothing.
  void disconnect(CloseReason reason = CloseReason::lost);

  /// Whether the router accepts more messages; `send` sends regardless.
  bool is_read() const noexcept { return is_read_; }
  /// True between `connect` and the end.
  bool is_connected() const noexcept { return static_cast<bool>(link_); }
  /// Why the router closed the connection, if it has.
  const std::optional<CloseReason>& closed() const noexcept { return closed_; }
  /// What the protocol told the client at the end: code and reason. Code 0: nothing.
  const std::pair<std::uint16_t, std::string>& closed_with() const noexcept { return closed_with_; }
  /// Null before the client is admitted, and after the end.
  std::shared_ptr<Peer> peer() const noexcept { return link_.peer(); }

  boost::asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const Frame> frames) override;
  void set_reading(bool reading) override { is_read_ = reading; }
  void close(CloseReason reason) override;
  void close_with(CloseReason reason, const CloseStatus& status) override;

 private:
  void pass_on();

  boost::asio::any_io_executor executor_;
  Link link_;
  std::deque<Frame> waiting_;
  std::vector<Frame> got_;
  bool holding_ = false;
  bool is_read_ = true;
  std::optional<CloseReason> closed_;
  std::pair<std::uint16_t, std::string> closed_with_{};
};

}  // namespace signaling::testing
