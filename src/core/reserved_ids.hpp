#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/deadlines.hpp"
#include "core/seeded_hash.hpp"
#include "signaling/core/ids.hpp"

namespace signaling {

/// Ids whose clients have lost their connection and may come back: the node keeps the claim, and gives the id to nobody
/// without the secret.
///
/// Threads: any.
class ReservedIds {
 public:
  struct Reservation {
    Epoch epoch = 0;
    std::string secret;
    std::shared_ptr<Deadlines> deadlines;
    Deadlines::Id end;  // among `deadlines`
  };

  explicit ReservedIds(Random& random) : reserved_(0, SeededHash(random)) {}

  /// Is there room for one more among `limit` (0: no limit)?
  bool has_room(std::size_t limit) const;
  void add(std::string_view id, Reservation reservation);
  /// Ends the reservation if `secret` is its secret. Returns the epoch to release.
  std::optional<Epoch> take(std::string_view id, std::string_view secret);
  /// Ends the reservation of this epoch. False: it has ended before.
  bool remove(std::string_view id, Epoch epoch);
  void clear();

 private:
  using Reserved = boost::unordered_flat_map<std::string, Reservation, SeededHash, std::equal_to<>>;
  Reservation extract(Reserved::iterator place);

  mutable std::mutex mutex_;
  Reserved reserved_;
};

}  // namespace signaling
