#include "identity/schedule.hpp"

namespace signaling::identity {

void Schedule::set(const std::shared_ptr<Peer>& peer, Time when) {
  remove(*peer);
  by_time_.emplace(std::pair(when, peer.get()), peer);
  by_peer_.emplace(peer.get(), when);
}

void Schedule::remove(const Peer& peer) {
  const auto found = by_peer_.find(&peer);
  if (found == by_peer_.end()) return;
  by_time_.erase({found->second, &peer});
  by_peer_.erase(found);
}

std::optional<Schedule::Time> Schedule::next() const {
  if (by_time_.empty()) return std::nullopt;
  return by_time_.begin()->first.first;
}

std::vector<std::shared_ptr<Peer>> Schedule::take(Time now) {
  std::vector<std::shared_ptr<Peer>> due;
  while (!by_time_.empty() && by_time_.begin()->first.first <= now) {
    const auto first = by_time_.begin();
    if (auto peer = first->second.lock()) due.push_back(std::move(peer));
    by_peer_.erase(first->first.second);
    by_time_.erase(first);
  }
  return due;
}

}  // namespace signaling::identity
