#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

#include "core/held_envelope.hpp"

namespace signaling {

class RouterCore;

/// Messages from other nodes to rooms. A room that waits for the store keeps what comes for it waiting too; so that what a
/// peer sends through one room is not overtaken by what it sends through another one, the next message of a sender is
/// given to its room when the one before has been processed.
///
/// Threads: any. Re-entrancy: `processed` may give the next one to a room.
class RemoteMessages {
 public:
  explicit RemoteMessages(RouterCore& core) noexcept : core_(core) {}

  void deliver(const Envelope& envelope);
  /// The room has dealt with the message of this sender that it was given.
  void processed(std::string_view sender);

 private:
  void give(const Envelope& envelope);

  RouterCore& core_;
  std::mutex mutex_;
  /// Senders of whom a room has a message now, and what comes behind it.
  boost::unordered_flat_map<std::string, std::deque<HeldEnvelope>> senders_;
};

}  // namespace signaling
