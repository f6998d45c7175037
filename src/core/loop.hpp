#pragma once

#include <array>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "core/counters.hpp"
#include "core/deadlines.hpp"
#include "core/protocol_names.hpp"
#include "signaling/core/batch.hpp"
#include "signaling/core/frame.hpp"

namespace signaling {

/// What a loop flushes: a mailbox.
class Flushable {
 public:
  /// Called with an empty vector, whose memory may be used: everything that waits goes on its way.
  virtual void flush(std::vector<Frame>& frames) = 0;

 protected:
  ~Flushable() = default;

 private:
  friend class FlushList;
  std::shared_ptr<Flushable> next_;  // belongs to the list that it is on
};

/// What is to be flushed, in a row. The items are linked through themselves: adding one takes no memory, so it cannot fail.
class FlushList {
 public:
  FlushList() noexcept = default;
  FlushList(const FlushList&) = delete;
  FlushList& operator=(const FlushList&) = delete;
  ~FlushList();

  bool is_empty() const noexcept { return first_ == nullptr; }
  void push_back(std::shared_ptr<Flushable> item) noexcept;
  /// Null if it is empty.
  std::shared_ptr<Flushable> pop_front() noexcept;
  /// Puts all of `other` behind these.
  void take(FlushList& other) noexcept;

 private:
  std::shared_ptr<Flushable> first_;
  Flushable* last_ = nullptr;
};

/// The mailboxes of all peers of one executor that have something to flush. However many messages come for them from other
/// threads, the executor is woken once until it has flushed.
///
/// The executor is asked to drain with the first mailbox that comes, and again with the first that comes while it drains: so
/// what a thread posts to it after a message finds the message flushed, unless another thread, with a message for the
/// same executor, is just about to ask. An executor that could not be asked is asked again with the next mailbox, or message.
/// Threads: `schedule` and `wake` from any; the rest on the executor.
/// Errors: an exception of a transport leaves `drain`; the mailboxes that had not had their turn are flushed by the next.
class Loop : public std::enable_shared_from_this<Loop> {
 public:
  Loop(const boost::asio::any_io_executor& executor, std::shared_ptr<Deadlines> deadlines)
      : executor_(executor), deadlines_(std::move(deadlines)) {}

  const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
  /// True: the caller has to call `wake` as soon as it holds no lock. See Wakes.
  [[nodiscard]] bool schedule(std::shared_ptr<Flushable> item) noexcept;
  /// The executor could not be woken, and nobody has tried again. True: the caller has to, as above.
  [[nodiscard]] bool retry() noexcept;
  /// Has the executor drain it. Runs the host's code: not under a lock.
  void wake() noexcept;
  /// Flushes each of the mailboxes. Does nothing inside itself: a host may run its executor inside a callback.
  void drain();
  const std::shared_ptr<Deadlines>& deadlines() const noexcept { return deadlines_; }
  /// `protocol`: its number among ProtocolNames.
  TrafficCounters& traffic(std::uint8_t protocol) noexcept { return traffic_[protocol]; }
  using Traffic = std::array<TrafficCounters, ProtocolNames::max_names>;
  const Traffic& traffic() const noexcept { return traffic_; }

 private:
  friend class Batch;
  friend class Wakes;
  class Drain;
  class Turn;
  void post_drain() noexcept;
  void abandon() noexcept;

  const boost::asio::any_io_executor executor_;
  const std::shared_ptr<Deadlines> deadlines_;
  std::mutex mutex_;
  FlushList ready_;
  bool is_woken_ = false;                // the executor has been asked to drain, and has not begun
  bool is_draining_ = false;             // perhaps with a turn inside, which does nothing
  std::atomic<bool> has_failed_{false};  // to wake the executor
  std::shared_ptr<Loop> next_to_wake_;   // belongs to whoever has to wake this one
  std::vector<Frame> frames_;            // used by `drain` only, kept for its memory
  Traffic traffic_;
};

/// The loops that its owner has to wake, which it does at its end. Made before a lock is taken, it wakes after the lock is
/// released.
class Wakes {
 public:
  Wakes() noexcept = default;
  Wakes(const Wakes&) = delete;
  Wakes& operator=(const Wakes&) = delete;
  ~Wakes();

  /// Puts the mailbox on the list of its loop.
  void schedule(const std::shared_ptr<Loop>& loop, std::shared_ptr<Flushable> item) noexcept;
  /// The mailbox is on the list: wakes the loop if that could not be done before.
  void retry(const std::shared_ptr<Loop>& loop) noexcept;

 private:
  void add(const std::shared_ptr<Loop>& loop) noexcept;

  std::shared_ptr<Loop> first_;
};

/// The loops of a router, one per executor; of many executors of one execution context, which are strands, perhaps some
/// more than one.
///
/// Threads: any.
/// Complexity: bounded for a look-up, though executors can only be compared: those of one context are searched one by
/// one, the newest `searched` of them.
class Loops {
 public:
  /// Of what the loops' deadlines are made. `clock` must outlive this.
  Loops(const Clock& clock, Deadlines::Driver driver) noexcept : clock_(clock), driver_(driver) {}

  std::shared_ptr<Loop> of(const boost::asio::any_io_executor& executor);
  std::vector<std::shared_ptr<Loop>> all() const;
  /// `protocol`: its number among ProtocolNames.
  void add_traffic(std::size_t protocol, ProtocolTraffic& traffic) const;

 private:
  static constexpr std::size_t searched = 64;
  void remove_unused();

  const Clock& clock_;
  const Deadlines::Driver driver_;
  mutable std::mutex mutex_;
  boost::unordered_flat_map<const void*, std::vector<std::shared_ptr<Loop>>> by_context_;
  std::size_t count_ = 0;
  std::size_t remove_at_ = searched;
  std::array<ProtocolTraffic, ProtocolNames::max_names> past_;  // of loops that are gone; without names
};

}  // namespace signaling
