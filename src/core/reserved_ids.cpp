#include "core/reserved_ids.hpp"

#include <utility>

namespace signaling {

bool ReservedIds::has_room(std::size_t limit) const {
  const std::scoped_lock lock(mutex_);
  return limit == 0 || reserved_.size() < limit;
}

void ReservedIds::add(std::string_view id, Reservation reservation) {
  const std::scoped_lock lock(mutex_);
  reserved_.insert_or_assign(std::string(id), std::move(reservation));
}

std::optional<Epoch> ReservedIds::take(std::string_view id, std::string_view secret) {
  Reservation taken;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = reserved_.find(id);
    if (found == reserved_.end() || !equal_secrets(found->second.secret, secret)) return std::nullopt;
    taken = extract(found);
  }
  taken.deadlines->cancel(taken.end);
  return taken.epoch;
}

bool ReservedIds::remove(std::string_view id, Epoch epoch) {
  Reservation removed;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = reserved_.find(id);
    if (found == reserved_.end() || found->second.epoch != epoch) return false;
    removed = extract(found);
  }
  removed.deadlines->cancel(removed.end);
  return true;
}

void ReservedIds::clear() {
  Reserved dropped;
  const std::scoped_lock lock(mutex_);
  dropped.swap(reserved_);
}

// Under the lock.
ReservedIds::Reservation ReservedIds::extract(Reserved::iterator place) {
  Reservation reservation = std::move(place->second);
  reserved_.erase(place);
  return reservation;
}

}  // namespace signaling
