#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "core/deadlines.hpp"
#include "signaling/core/event.hpp"

namespace signaling {

/// How long a peer stays without a connection, and which of its client's messages have arrived, so that the client sends
/// none of them twice.
///
/// States: linked (to a connection) <-> away (first nobody is told, then the others know) -> over.
/// Threads: the peer's executor.
class PeerGrace {
 public:
  /// The peer that it is part of.
  class Owner {
   public:
    virtual std::shared_ptr<PeerGrace> grace() noexcept = 0;
    /// The client is to be told of what has arrived.
    virtual void acknowledge() = 0;
    /// The others are to be told that the peer is away.
    virtual void tell_away() = 0;
    virtual void grace_over() = 0;

   protected:
    ~Owner() = default;
  };

  /// The owner outlives it.
  PeerGrace(Owner& owner, std::shared_ptr<Deadlines> deadlines) noexcept
      : owner_(owner), timer_(std::move(deadlines)) {}

  std::chrono::seconds time() const noexcept { return time_; }
  void set_time(std::chrono::seconds time) noexcept { time_ = time; }

  /// A message of so many bytes has arrived. The client is told after `messages_per_acknowledgement` of them, so many
  /// bytes, or so much time.
  void count(std::size_t bytes);
  static constexpr std::uint64_t messages_per_acknowledgement = 32;
  static constexpr std::size_t bytes_per_acknowledgement = std::size_t{64} * 1024;
  static constexpr std::chrono::milliseconds time_to_acknowledge{5'000};
  std::uint64_t received() const noexcept { return received_; }
  /// What the client is told: how many have arrived.
  std::uint64_t take_received() noexcept;
  /// The count begins again at 0.
  void restart_count() noexcept { go_on_from(0); }
  /// So many have arrived on another node.
  void go_on_from(std::uint64_t received) noexcept;

  /// The counts began again with this answer, which may not have reached the client: then the client goes by the counts of
  /// before. Nothing: it has.
  std::optional<event::Resumption> restarted_with;

  /// The connection is lost; the others are told if there is none after this time.
  void begin_away(std::chrono::milliseconds quiet);
  /// There is one again. True: the others were told of the loss.
  bool end_away() noexcept;
  bool is_told() const noexcept { return is_told_; }
  /// The peer is gone.
  void close() noexcept { timer_.cancel(); }

 private:
  template <class Function>
  void set_timer(std::chrono::milliseconds delay, Function function);
  void away_long(std::chrono::milliseconds quiet);

  Owner& owner_;
  std::chrono::seconds time_{0};
  std::uint64_t received_ = 0;
  std::uint64_t told_ = 0;     // of these the client knows
  std::size_t new_bytes_ = 0;  // of the others
  bool is_away_ = false;
  bool is_told_ = false;
  ScopedDeadline timer_;  // linked: of the acknowledgement; away: of what comes next
};

}  // namespace signaling
