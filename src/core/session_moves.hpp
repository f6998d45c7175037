#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "core/handover.hpp"
#include "signaling/core/callback.hpp"

namespace signaling {

/// Peers that come from other nodes: who waits for another node's answer, and what has come for peers whose ids are this
/// node's already while they are not here yet.
///
/// Threads: any. Nothing is called under the lock.
class SessionMoves {
 public:
  using Answered = Callback<void(const handover::Answer&)>;

  /// Gives the number of the question. `answered` is called at most once.
  std::uint64_t ask(Answered answered);
  void answer(const handover::Answer& answer);
  /// The answer comes too late.
  void forget(std::uint64_t number);

  /// The store is asked for this id.
  void expect(std::string_view peer);
  /// False: no such peer is expected. Otherwise `again` runs when it is here, or does not come.
  bool hold(std::string_view peer, Callback<void()>& again);
  /// The peer is here, or does not come.
  void arrived(std::string_view peer);
  bool expects_any() const noexcept { return expected_count_.load(std::memory_order_acquire) != 0; }

 private:
  std::mutex mutex_;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, Answered> asked_;
  /// With what waits.
  std::map<PeerId, std::vector<Callback<void()>>, std::less<>> expected_;
  std::atomic<std::size_t> expected_count_{0};
};

}  // namespace signaling
