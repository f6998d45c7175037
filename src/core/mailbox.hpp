#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "core/current_limits.hpp"
#include "core/deadlines.hpp"
#include "core/encoded_event.hpp"
#include "core/loop.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/transport.hpp"

namespace signaling {

/// What becomes of frames when too much waits for a peer already.
enum class IfFull : std::uint8_t {
  close,       ///< an event: the peer, whose picture would be wrong without it, is closed
  refuse,      ///< a message: its sender is told
  drop_early,  ///< a message that may be lost: the sender is told at half of what may wait
};

constexpr IfFull to_if_full(Delivery delivery) noexcept {
  return delivery == Delivery::volatile_ ? IfFull::drop_early : IfFull::refuse;
}

/// What one peer is to be sent: frames gather here, and its loop gives them to the transport, many at once. All that a
/// room knows of a local peer.
///
/// States: open (idle <-> scheduled, which means on its loop's list) -> closing -> shut.
/// Invariant: whoever finds it idle and gives it something to do puts it on the loop's list, exactly once.
/// Fairness: it is crowded while more than Limits::max_outbound_bytes waits. Then those who send are held back, each by its
/// own peer, and the owner's requests wait, so that what they ask for has room. Who reads too little for `patience` while
/// its mailbox is crowded is closed as slow: a burst, however large, closes nobody who reads. Messages leave most of what
/// may wait in the end to events, so that no message closes a peer.
/// Ownership: part of its peer; a shared pointer to it keeps the peer alive.
/// Threads: `flush`, `transport` and `disconnect` on the peer's executor; the rest from any, but for `address`.
class Mailbox {
 public:
  /// The peer that the mailbox is part of.
  class Owner {
   public:
    virtual std::shared_ptr<Mailbox> mailbox() noexcept = 0;
    /// The last frames were given to the transport, which is closed next. On the executor.
    virtual void ended(CloseReason reason) = 0;

   protected:
    ~Owner() = default;
  };

  /// `protocol_number`: the protocol's among ProtocolNames. `limits` outlive the owner.
  Mailbox(Owner& owner, std::shared_ptr<Loop> loop, Transport& transport,
          std::shared_ptr<const Encoder> encoder, std::uint8_t protocol_number, const CurrentLimits& limits);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox();

  /// Says whose it is. Once, before another thread knows of it.
  void address(PeerId id, Epoch epoch);
  const PeerId& id() const noexcept { return id_; }
  Epoch epoch() const noexcept { return epoch_; }

  const std::shared_ptr<const Encoder>& encoder() const noexcept { return encoder_; }
  const std::shared_ptr<Loop>& loop() const noexcept { return loop_; }
  TrafficCounters& traffic() const noexcept { return loop_->traffic(protocol_number_); }

  static constexpr std::chrono::milliseconds patience{10'000};
  /// Of the limit, so much must be read in that time.
  static constexpr std::size_t progress_divisor = 16;
  /// So many times the limit may wait, for a message to be taken, and for an event.
  static constexpr std::size_t message_factor = 4;
  static constexpr std::size_t event_factor = 16;

  /// Takes all frames of a message or none; closes the peer if it has no room for an event, or memory is out.
  /// Also under a lock: the caller's `wakes` end after it.
  SendResult push(std::span<const Frame> frames, IfFull if_full, Wakes& wakes) noexcept;
  /// The same, not under a lock.
  SendResult push(std::span<const Frame> frames, IfFull if_full);
  /// The same for an event, which is encoded if it was not yet. Not under a lock.
  SendResult push(EncodedEvent& encoded, IfFull if_full);
  /// Encodes for this peer alone and pushes. Not under a lock.
  void tell(const Event& event, IfFull if_full = IfFull::close);

  /// Takes nothing any more, and asks for the end behind what waits. Only the first reason counts. Not under a lock.
  void close(CloseReason reason);

  /// Message bytes that wait here or in the transport.
  std::size_t bytes() const;
  /// What the owner did was too much for somebody: its next message waits.
  void hold_back() noexcept { is_held_back_.store(true, std::memory_order_relaxed); }
  /// True once for each time.
  bool take_hold() noexcept {
    return is_held_back_.load(std::memory_order_relaxed) &&
           is_held_back_.exchange(false, std::memory_order_relaxed);
  }
  bool is_crowded() const noexcept { return is_crowded_.load(std::memory_order_relaxed); }
  void written(std::size_t bytes);

  /// Null after `disconnect`.
  Transport* transport() const noexcept { return transport_; }
  /// The transport is not touched again; what waits is dropped.
  void disconnect();
  /// Called by the loop with an empty vector: everything that waits goes to the transport.
  void flush(std::vector<Frame>& frames);

 private:
  friend class MailboxList;

  struct Taken {
    SendResult result;
    bool was_idle = false;  // the caller has to schedule it
  };
  /// How much is read while it is crowded.
  struct Watch {
    Deadlines::Id deadline;
    std::size_t written = 0;
  };
  Taken take_in(std::span<const Frame> frames, IfFull if_full) noexcept;
  /// If no more waits than may.
  void end_crowd() noexcept;
  void watch();
  void end_of_watch();
  void stop_watching();
  bool begin_close(CloseReason reason) noexcept;
  std::optional<CloseReason> take_out(std::vector<Frame>& frames);
  void shut();

  Owner& owner_;
  const std::shared_ptr<Loop> loop_;
  Transport* transport_;
  const std::shared_ptr<const Encoder> encoder_;
  const CurrentLimits& limits_;
  PeerId id_;
  Epoch epoch_ = 0;
  const std::uint8_t protocol_number_;
  mutable std::mutex mutex_;
  // Under the lock:
  bool is_scheduled_ = false;
  bool is_shut_ = false;
  std::optional<CloseReason> closing_;
  std::vector<Frame> frames_;
  std::size_t queued_ = 0;
  std::size_t in_flight_ = 0;
  std::unique_ptr<Watch> watch_;         // made and ended on the executor
  std::atomic<bool> is_crowded_{false};  // also read without
  // Under none:
  std::atomic<bool> is_held_back_{false};
  // Under the loop's lock:
  std::shared_ptr<Mailbox> next_;
};

}  // namespace signaling
