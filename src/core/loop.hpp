#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "core/counters.hpp"
#include "core/deadlines.hpp"
#include "core/protocol_names.hpp"
#include "signaling/core/batch.hpp"
#include "signaling/core/frame.hpp"

namespace signaling {

class PeerSession;

/// All peers of one executor that have something to flush. However many messages come for them from other threads,
/// the executor is woken once until it has flushed.
///
/// Threads: `schedule` from any; the rest on the executor.
class Loop : public std::enable_shared_from_this<Loop> {
 public:
  Loop(const boost::asio::any_io_executor& executor, std::shared_ptr<Deadlines> deadlines)
      : executor_(executor), deadlines_(std::move(deadlines)) {}

  const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
  void schedule(std::shared_ptr<PeerSession> peer);
  /// Has the executor drain it.
  void post_drain();
  /// Writes what waits for each of the peers.
  void drain();
  const std::shared_ptr<Deadlines>& deadlines() const noexcept { return deadlines_; }
  /// `protocol`: its number among ProtocolNames.
  TrafficCounters& traffic(std::uint8_t protocol) noexcept { return traffic_[protocol]; }
  using Traffic = std::array<TrafficCounters, ProtocolNames::max_names>;
  const Traffic& traffic() const noexcept { return traffic_; }

 private:
  class Drain;
  void abandon();

  const boost::asio::any_io_executor executor_;
  const std::shared_ptr<Deadlines> deadlines_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<PeerSession>> ready_;
  bool woken_ = false;
  // Used by `drain` only, kept for their memory.
  std::vector<std::shared_ptr<PeerSession>> draining_;
  std::vector<Frame> frames_;
  Traffic traffic_;
};

}  // namespace signaling
