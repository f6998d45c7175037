#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/seeded_hash.hpp"
#include "signaling/core/clock.hpp"
#include "signaling/core/ids.hpp"

namespace signaling {

/// Why peers that could have outlived their connections are gone, so that a client that comes back is told the truth.
///
/// Bounded: the newest `max_sessions`.
/// Threads: any.
class EndedSessions {
 public:
  enum class Why : std::uint8_t { expired, ended, replaced, kicked };
  static constexpr std::size_t max_sessions = 10'000;

  explicit EndedSessions(Random& random) : ends_(0, SeededHash(random)) {}

  /// `session`: as ResumeSecrets::session.
  void add(std::string_view session, Why why, TimePoint now);
  /// Nothing: it has not ended here, or longer than `memory` ago.
  std::optional<Why> find(std::string_view session, TimePoint now, std::chrono::milliseconds memory) const;

 private:
  struct End {
    Why why = Why::ended;
    TimePoint when;
  };

  mutable std::mutex mutex_;
  boost::unordered_flat_map<std::string, End, SeededHash, std::equal_to<>> ends_;
  std::deque<std::string> order_;
};

}  // namespace signaling
