#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/current_limits.hpp"
#include "core/deadlines.hpp"
#include "core/encoded_event.hpp"
#include "core/loop.hpp"
#include "core/room_picture.hpp"
#include "core/session_log.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/transport.hpp"

namespace signaling {

/// What becomes of frames when too much waits for a peer already.
enum class IfFull : std::uint8_t {
  close,        ///< an event: the peer, whose picture would be wrong without it, is closed
  refuse,       ///< a message: its sender is told
  refuse_half,  ///< the same, of a sender that has sent much to those who are behind: half as much may wait
  drop_early,   ///< a message that may be lost: the sender is told at half of what may wait
};

constexpr IfFull to_if_full(Delivery delivery) noexcept {
  return delivery == Delivery::volatile_ ? IfFull::drop_early : IfFull::refuse;
}

/// Takes the events of a local peer, on its executor.
class EventReceiver {
 public:
  virtual ~EventReceiver() = default;
  /// May end the peer.
  virtual void receive(const Event& event) = 0;
  /// Last, after the mailbox has let go of it.
  virtual void closed(CloseReason reason) = 0;
};

/// What one peer is to be sent: frames gather here, and its loop gives them to the transport, many at once. A local peer
/// has an EventReceiver instead, and events gather. All that a room knows of a peer of this node.
///
/// States: open (idle <-> scheduled, which means on its loop's list) -> closing -> shut; and away, between two transports,
/// when it takes what messages may fill, and gives nothing away.
/// Invariant: whoever finds it idle and gives it something to do puts it on the loop's list, exactly once.
/// Fairness: it is crowded while more than Limits::max_outbound_bytes waits. Then those who send are held back, each by its
/// own peer, and the owner's requests wait, so that what they ask for has room. Who reads too little for `patience` while
/// its mailbox is crowded is closed as slow: a burst, however large, closes nobody who reads. Messages leave most of what
/// may wait in the end to events, so that no message closes a peer, and those who send much leave half of that to others.
/// A frame that tells a whole state (Frame::state) takes the place of the one before it if that tells the same. While the
/// transport has more than the limit, frames wait here from the first such one on, so that the newer can do so.
/// Ownership: part of its peer; a shared pointer to it keeps the peer alive.
/// Threads: `flush`, `transport` and `disconnect` on the peer's executor; the rest from any, but for `address`.
class Mailbox final : public Flushable {
 public:
  /// The peer that the mailbox is part of.
  class Owner {
   public:
    virtual std::shared_ptr<Mailbox> mailbox() noexcept = 0;
    /// The name of its protocol.
    virtual std::string_view language() const noexcept = 0;
    /// The last of what waited was given away; the transport, or the receiver, is closed next, unless the owner does
    /// without it and calls `detach`. On the executor.
    virtual void ended(CloseReason reason) = 0;
    /// The room has this peer on another node now; up to then it was told of all that is in `picture`. Any thread.
    virtual void moved_from(const RoomId& room, const RoomPicture& picture) = 0;

   protected:
    ~Owner() = default;
  };

  /// `protocol_number`: the protocol's among ProtocolNames. `limits` outlive the owner.
  Mailbox(Owner& owner, std::shared_ptr<Loop> loop, Transport& transport,
          std::shared_ptr<const Encoder> encoder, std::uint8_t protocol_number, const CurrentLimits& limits);
  /// The same without a transport yet: away.
  Mailbox(Owner& owner, std::shared_ptr<Loop> loop, std::shared_ptr<const Encoder> encoder,
          std::uint8_t protocol_number, const CurrentLimits& limits);
  /// Of a local peer.
  Mailbox(Owner& owner, std::shared_ptr<Loop> loop, std::shared_ptr<EventReceiver> receiver,
          std::uint8_t protocol_number, const CurrentLimits& limits);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox();

  /// Says whose it is. Once, before another thread knows of it.
  void address(PeerId id, Epoch epoch);
  const PeerId& id() const noexcept { return id_; }
  Epoch epoch() const noexcept { return epoch_; }

  /// Whether a message that goes to an id or an alias, and through no room, may come here. An alias is a name in one
  /// protocol: whoever has it speaks that, or is a local peer that wants such messages.
  bool is_within(const Message& message, Reach reach) const noexcept {
    return reach != Reach::speakers || message.to.starts_with(alias_mark) ||
           owner_.language() == message.language;
  }
  /// Null: of a local peer.
  const std::shared_ptr<const Encoder>& encoder() const noexcept { return encoder_; }
  const std::shared_ptr<Loop>& loop() const noexcept { return loop_; }
  TrafficCounters& traffic() const noexcept { return loop_->traffic(protocol_number_); }

  static constexpr std::chrono::milliseconds patience{10'000};
  /// Of the limit, so much must be read in that time.
  static constexpr std::size_t progress_divisor = 16;
  /// So many times the limit may wait, for a message to be taken, and for an event.
  static constexpr std::size_t message_factor = 4;
  static constexpr std::size_t event_factor = 16;

  /// Takes all of a message or nothing; closes the peer if it has no room for an event, or memory is out. `form` is of the
  /// mailbox's language. Also under a lock: the caller's `wakes` end after it.
  SendResult push(const EncodedEvent::Form& form, IfFull if_full, Wakes& wakes) noexcept;
  /// The same, encoded if it was not yet. Not under a lock.
  SendResult push(EncodedEvent& encoded, IfFull if_full);
  /// Frames for this peer alone. Not under a lock, and not of a local peer.
  SendResult push(std::span<const Frame> frames, IfFull if_full);
  /// Encodes for this peer alone and pushes. Not under a lock.
  void tell(const Event& event, IfFull if_full = IfFull::close);
  /// The same for a list that the owner has asked for, and is charged for.
  void tell_list(const Event& list);

  /// Takes nothing any more, and asks for the end behind what waits. Only the first reason counts. Not under a lock.
  void close(CloseReason reason);
  /// Asks for the end of the transport alone: what comes behind it waits for the next.
  void end_link(CloseReason reason);

  /// Message bytes that wait here or in the transport.
  std::size_t bytes() const;
  /// How long a peer waits, at least, after what was too much for somebody.
  static constexpr std::chrono::milliseconds least_hold{20};
  /// What the owner did was too much for somebody: its next message waits.
  void hold_back(std::chrono::milliseconds time = least_hold) noexcept;
  /// The longest of these times since the last call; zero: there was none.
  std::chrono::milliseconds take_hold() noexcept;
  /// How long a peer is to wait that has told this one of a change: the longer the more waits beyond the share of messages,
  /// so that no peer alone fills the rest.
  std::chrono::milliseconds hold_for_event() const;
  /// Has the owner sent much to those who are behind?
  void set_pressing(bool is_pressing) noexcept { is_pressing_.store(is_pressing, std::memory_order_relaxed); }
  /// What becomes of the owner's messages where too much waits already.
  IfFull if_full(Delivery delivery) const noexcept {
    const IfFull usual = to_if_full(delivery);
    const bool is_pressing = is_pressing_.load(std::memory_order_relaxed);
    return is_pressing && usual == IfFull::refuse ? IfFull::refuse_half : usual;
  }
  /// What the owner did has put so many bytes into mailboxes.
  void add_caused(std::size_t bytes) noexcept { caused_.fetch_add(bytes, std::memory_order_relaxed); }
  /// All of it since the last call.
  std::size_t take_caused() noexcept {
    return caused_.load(std::memory_order_relaxed) == 0 ? 0 : caused_.exchange(0, std::memory_order_relaxed);
  }
  bool is_crowded() const noexcept { return is_crowded_.load(std::memory_order_relaxed); }
  /// More waits than messages may fill.
  bool is_over_messages() const;
  void written(std::size_t bytes);

  /// Null while it is away, after `disconnect`, and of a local peer.
  Transport* transport() const noexcept { return transport_; }

  // Of a peer that outlives its connection. On the executor.

  /// From now on what is sent is kept until the client acknowledges it, or not kept any more.
  void set_log(bool is_kept);
  /// Null: nothing is kept.
  SessionLog* log() const noexcept { return log_.get(); }
  /// The transport is not touched again; what waits, and what comes, waits for the next.
  void detach();
  /// The transport keeps what it is given for a client that has lost its connection, or does not any more: meanwhile,
  /// what may be lost is dropped.
  void set_suspended(bool is_suspended);
  /// See Owner.
  void moved_from(const RoomId& room, const RoomPicture& picture) { owner_.moved_from(room, picture); }
  /// Of a peer that goes to another node: all that waits.
  std::vector<Frame> take_waiting();
  /// Of one that has come: what waited there, and how much was dropped.
  void adopt(std::vector<Frame> earlier, std::uint64_t dropped);
  /// The peer has missed something that it should have been told.
  void miss() noexcept;
  /// So much was dropped since the transport was given up: the client's picture has gaps.
  std::uint64_t dropped() const;
  /// Makes way for lists of rooms: drops the changes among what waits, and takes the frames that must come ahead of lists.
  std::vector<Frame> take_ahead_of_lists();
  /// The next transport, which is given `first`, and then what waits.
  void attach(Transport& transport, std::vector<Frame> first);

  /// The transport, or the receiver, is not touched again; what waits is dropped.
  void disconnect();
  /// Everything that waits goes to the transport, or to the receiver.
  void flush(std::vector<Frame>& frames) override;

 private:
  struct Taken {
    SendResult result;
    bool was_idle = false;  // the caller has to schedule it
  };
  /// How much is read while it is crowded.
  struct Watch {
    Deadlines::Id deadline;
    std::size_t written = 0;
  };
  using Events = std::vector<std::shared_ptr<const OwnedEvent>>;
  /// What a local peer has instead of a transport and frames.
  struct Local {
    std::shared_ptr<EventReceiver> receiver;  // null after `disconnect`
    Events events;                            // under the lock
  };
  template <class Append>
  Taken take_in(std::size_t bytes, std::uint8_t state, IfFull if_full, Append append) noexcept;
  /// Under the lock: a newer one comes.
  void drop_state(std::uint8_t state) noexcept;
  /// Under the lock: gives back what the transport need not have yet.
  void keep_states_back(std::vector<Frame>& frames);
  Taken take_in(std::span<const Frame> frames, std::size_t bytes, IfFull if_full) noexcept;
  Taken take_last(std::span<const Frame> frames, const Frame& close) noexcept;
  Taken take_probe(const Frame& probe) noexcept;
  SendResult schedule(const Taken& taken, Wakes& wakes) noexcept;
  /// If no more waits than may.
  void end_crowd() noexcept;
  void watch();
  void end_of_watch();
  void stop_watching();
  /// Under the lock.
  bool may_wait_away(std::size_t bytes, IfFull if_full, std::size_t waiting) noexcept;
  void drop_waiting(FrameUse use) noexcept;
  bool begin_close(CloseReason reason) noexcept;
  /// Nothing is taken any more.
  bool is_ending() const noexcept { return is_shut_ || (closing_ && !is_link_end_); }
  template <class Items>
  std::optional<CloseReason> take_out(Items& own, Items& taken);
  void flush_events();
  void shut();
  void close_transport(CloseReason reason);
  void probe_transport();

  Owner& owner_;
  const std::shared_ptr<Loop> loop_;
  Transport* transport_;
  const std::unique_ptr<Local> local_;
  const std::shared_ptr<const Encoder> encoder_;
  const CurrentLimits& limits_;
  PeerId id_;
  Epoch epoch_ = 0;
  const std::uint8_t protocol_number_;
  mutable std::mutex mutex_;
  // Under the lock:
  bool is_scheduled_ = false;
  bool is_shut_ = false;
  bool is_away_ = false;
  bool is_suspended_ = false;
  std::uint32_t dropped_ = 0;  // that somebody should have got, while it is away or about to be
  std::optional<CloseReason> closing_;
  bool is_link_end_ = false;  // and nothing else is closing
  Frame close_;               // what its protocol tells the client then, if it has said so
  Frame probe_;               // what the transport is to be asked
  std::vector<Frame> frames_;
  std::size_t queued_ = 0;
  std::size_t in_flight_ = 0;
  std::unique_ptr<Watch> watch_;         // made and ended on the executor
  std::atomic<bool> is_crowded_{false};  // also read without
  // Under none:
  std::atomic<std::chrono::milliseconds> hold_{std::chrono::milliseconds(0)};
  std::atomic<bool> is_pressing_{false};
  std::atomic<std::size_t> caused_{0};
  std::unique_ptr<SessionLog> log_;  // on the executor
  Frame due_probe_;                  // likewise
};

}  // namespace signaling
