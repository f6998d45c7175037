#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "signaling/core/envelope.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/frame.hpp"

namespace signaling {

/// The frames that wait for one peer, and how many bytes its transport still has.
///
/// States: idle -> scheduled (something to flush; the peer is on its loop's ready list) -> idle ...; closed is final.
/// Invariant: whoever moves it from idle to scheduled puts the peer on the ready list, exactly once.
/// Threads: any.
class Outbox {
 public:
  enum class Pushed { sent, queued, too_slow, closed };
  struct PushResult {
    Pushed pushed = Pushed::sent;
    bool schedule = false;
  };

  /// Takes all frames or none. `max_bytes` bounds what is queued and in flight together; 0: no bound. An exception, of
  /// memory, leaves it as it was.
  PushResult push(std::span<const Frame> frames, Delivery delivery, std::size_t max_bytes);

  /// Asks for the end; only the first reason counts. Returns true if the caller has to schedule the peer.
  bool close(CloseReason reason);

  /// Exchanges what waits for `frames`, which is empty: so their memory goes round among the peers of a loop. Tells
  /// whether the connection shall end after it. Back to idle.
  std::optional<CloseReason> take(std::vector<Frame>& frames);

  /// Drops what waits; takes nothing any more.
  void shut();

  void written(std::size_t bytes);
  std::size_t bytes() const;

 private:
  // A burst's memory is not kept by a peer that has gone quiet.
  static constexpr std::size_t max_idle_capacity = 32;

  mutable std::mutex mutex_;
  std::vector<Frame> frames_;
  std::size_t queued_ = 0;
  std::size_t in_flight_ = 0;
  std::optional<CloseReason> close_;
  bool scheduled_ = false;
  bool shut_ = false;
};

}  // namespace signaling
