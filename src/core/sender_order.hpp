#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/message.hpp"

namespace signaling {

class SenderOrder;

/// The place of a message among those of its sender. At its end the message is done, and the next has its turn.
class SenderTicket {
 public:
  SenderTicket() noexcept = default;
  SenderTicket(SenderOrder& order, std::string sender, std::uint64_t number) noexcept
      : order_(&order), sender_(std::move(sender)), number_(number) {}
  SenderTicket(SenderTicket&& other) noexcept
      : order_(std::exchange(other.order_, nullptr)),
        sender_(std::move(other.sender_)),
        number_(other.number_) {}
  SenderTicket& operator=(SenderTicket&& other) noexcept {
    std::swap(order_, other.order_);
    std::swap(sender_, other.sender_);
    std::swap(number_, other.number_);
    return *this;
  }
  ~SenderTicket();

  const std::string& sender() const noexcept { return sender_; }
  std::uint64_t number() const noexcept { return number_; }

 private:
  SenderOrder* order_ = nullptr;
  std::string sender_;
  std::uint64_t number_ = 0;
};

/// In which order messages of peers on other nodes are dealt with. What a peer sends through one room must not overtake
/// what it has sent through another one before, and a room may have to wait, or be busy on another thread. So a message
/// that cannot be delivered at once gets a number, and its room deals with it when those before it are done. A message
/// that goes through no room waits in that of the one before it.
///
/// Invariant: what waits in a room waits in the order in which it came. Hence no two rooms wait for each other.
/// Threads: any.
class SenderOrder {
 public:
  /// Where a message waits for its turn: a room.
  class Place {
   public:
    /// One more message, behind those that wait.
    virtual void hear(const Message& message, const Route& route) = 0;
    /// The message that the place has halted for has its turn.
    virtual void resume() = 0;

   protected:
    ~Place() = default;
  };

  /// Is a message of this sender not yet done?
  bool is_waiting(std::string_view sender) const;
  /// Where the last of them waits. Null: none does.
  std::shared_ptr<Place> place_of_last(std::string_view sender) const;
  /// For a message that has come, and has to wait at `place`.
  SenderTicket arrived(std::string_view sender, std::weak_ptr<Place> place);
  /// Is everything before this message done?
  bool is_next(const SenderTicket& ticket) const;
  /// False: one before it is not done. Then `place` is resumed when it is.
  bool is_turn(const SenderTicket& ticket, std::weak_ptr<Place> place);
  /// The message whose turn it was is done.
  void done(std::string_view sender);

 private:
  struct Sender {
    std::uint64_t arrived = 0;
    std::uint64_t done = 0;
    std::weak_ptr<Place> last;  // where the one that arrived last waits
    std::vector<std::pair<std::uint64_t, std::weak_ptr<Place>>> waiting;
  };

  mutable std::mutex mutex_;
  std::map<std::string, Sender, std::less<>> senders_;
};

}  // namespace signaling
