#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/identity/ice_servers.hpp"

namespace signaling::identity {

/// Whether a peer gets the TURN servers that need credentials of its own.
enum class WithTurn : bool { no, yes };

/// Writes the ICE servers of each peer. Threads: immutable.
class IceList {
 public:
  using Time = std::chrono::system_clock::time_point;

  /// Throws std::invalid_argument if a URL is none of stun, stuns, turn, turns; if there are TURN URLs without a secret; or if
  /// the lifetime is out of its range.
  explicit IceList(IceOptions options);

  /// The `iceServers` of a peer, which is admitted until `end`. Empty: there are none for it.
  std::string json(std::string_view peer, Time now, std::optional<Time> end,
                   WithTurn turn = WithTurn::yes) const;

  /// After how long credentials are to be given anew; nothing, if there are none.
  std::optional<std::chrono::seconds> refresh_after() const;

 private:
  IceOptions options_;
};

}  // namespace signaling::identity
