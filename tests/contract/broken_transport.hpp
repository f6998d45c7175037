#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signaling/core/router.hpp"
#include "signaling/testing/memory_transport.hpp"

namespace signaling::testing {

/// What can be wrong with a transport. Each is one mistake in one that is otherwise right.
enum class TransportFault : std::uint8_t {
  none,
  swaps_messages,
  all_is_text,
  ends_at_nul,
  cuts_large,
  only_first_of_batch,
  never_written,
  written_at_once,
  close_drops_queue,
  close_is_ignored,
  end_is_not_told,
  receives_elsewhere,
  names_new_executors,
  swaps_received,
};

/// A pipe in memory with one fault, and the interface that MemoryClientFixture needs.
class BrokenTransport final : public Transport {
 public:
  BrokenTransport(boost::asio::any_io_executor executor, TransportFault fault)
      : executor_(std::move(executor)), fault_(fault) {}
  ~BrokenTransport() override { disconnect(); }

  void connect(Router& router, std::unique_ptr<Protocol> protocol);
  void send(const MessageView& message);
  std::vector<Frame> take() { return std::exchange(got_, {}); }
  void hold() { holding_ = true; }
  void release();
  void disconnect(CloseReason reason = CloseReason::lost);
  bool is_connected() const noexcept { return static_cast<bool>(link_); }

  boost::asio::any_io_executor executor() override;
  void write(std::span<const Frame> frames) override;
  void close(CloseReason reason) override;

 private:
  bool is(TransportFault fault) const noexcept { return fault_ == fault; }
  Frame spoil(const Frame& frame) const;
  void pass_on();

  boost::asio::any_io_executor executor_;
  const TransportFault fault_;
  Link link_;
  Link forgotten_;  // its end would be told
  std::vector<Frame> waiting_;
  std::vector<Frame> got_;
  std::optional<std::string> held_back_;
  bool holding_ = false;
  std::optional<CloseReason> closed_;
};

}  // namespace signaling::testing
