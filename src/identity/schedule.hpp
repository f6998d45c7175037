#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "signaling/core/peer.hpp"

namespace signaling::identity {

/// For which peer something is due, and when. Each peer has one date at most.
///
/// Ownership: peers are not kept alive.
/// Complexity: logarithmic in the number of peers.
class Schedule {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// Replaces an earlier date of that peer.
  void set(const std::shared_ptr<Peer>& peer, Time when);
  void remove(const Peer& peer);
  std::optional<Time> next() const;
  /// Takes out the peers whose date has come.
  std::vector<std::shared_ptr<Peer>> take(Time now);

 private:
  std::map<std::pair<Time, const Peer*>, std::weak_ptr<Peer>> by_time_;
  std::map<const Peer*, Time> by_peer_;
};

}  // namespace signaling::identity
