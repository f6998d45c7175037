#include "core/session_moves.hpp"

#include <utility>

namespace signaling {

std::uint64_t SessionMoves::ask(Answered answered) {
  const std::scoped_lock lock(mutex_);
  asked_.emplace(++last_number_, std::move(answered));
  return last_number_;
}

void SessionMoves::answer(const handover::Answer& answer) {
  Answered answered;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = asked_.find(answer.number);
    if (found == asked_.end()) return;
    answered = std::move(found->second);
    asked_.erase(found);
  }
  answered(answer);
}

void SessionMoves::forget(std::uint64_t number) {
  Answered forgotten;  // destroyed after the lock
  const std::scoped_lock lock(mutex_);
  const auto found = asked_.find(number);
  if (found == asked_.end()) return;
  forgotten = std::move(found->second);
  asked_.erase(found);
}

void SessionMoves::expect(std::string_view peer) {
  const std::scoped_lock lock(mutex_);
  (void)expected_.try_emplace(PeerId(peer));
  expected_count_.store(expected_.size(), std::memory_order_release);
}

bool SessionMoves::hold(std::string_view peer, Callback<void()>& again) {
  const std::scoped_lock lock(mutex_);
  const auto found = expected_.find(peer);
  if (found == expected_.end()) return false;
  found->second.push_back(std::move(again));
  return true;
}

void SessionMoves::arrived(std::string_view peer) {
  std::vector<Callback<void()>> held;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = expected_.find(peer);
    if (found == expected_.end()) return;
    held = std::move(found->second);
    expected_.erase(found);
    expected_count_.store(expected_.size(), std::memory_order_release);
  }
  for (auto& again : held) again();
}

}  // namespace signaling
