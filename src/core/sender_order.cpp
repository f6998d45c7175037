#include "core/sender_order.hpp"

#include <algorithm>
#include <utility>

namespace signaling {

SenderTicket::~SenderTicket() {
  if (order_ == nullptr) return;
  try {
    order_->done(sender_);
  } catch (
      ...) {  // NOLINT(bugprone-empty-catch): of memory; the room that has its turn goes on with the next that comes
  }
}

bool SenderOrder::is_waiting(std::string_view sender) const {
  const std::scoped_lock lock(mutex_);
  return senders_.contains(sender);
}

std::shared_ptr<SenderOrder::Place> SenderOrder::place_of_last(std::string_view sender) const {
  const std::scoped_lock lock(mutex_);
  const auto found = senders_.find(sender);
  return found == senders_.end() ? nullptr : found->second.last.lock();
}

SenderTicket SenderOrder::arrived(std::string_view name, std::weak_ptr<Place> place) {
  std::string owned(name);
  const std::scoped_lock lock(mutex_);
  Sender& sender = senders_[owned];
  sender.last = std::move(place);
  return {*this, std::move(owned), sender.arrived++};
}

bool SenderOrder::is_next(const SenderTicket& ticket) const {
  const std::scoped_lock lock(mutex_);
  return senders_.find(ticket.sender())->second.done == ticket.number();
}

bool SenderOrder::is_turn(const SenderTicket& ticket, std::weak_ptr<Place> place) {
  const std::scoped_lock lock(mutex_);
  Sender& sender = senders_.find(ticket.sender())->second;
  if (sender.done == ticket.number()) return true;
  sender.waiting.emplace_back(ticket.number(), std::move(place));
  return false;
}

void SenderOrder::done(std::string_view name) {
  std::shared_ptr<Place> place;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = senders_.find(name);
    Sender& sender = found->second;
    if (++sender.done == sender.arrived) {
      senders_.erase(found);
      return;
    }
    const auto next =
        std::ranges::find(sender.waiting, sender.done, [](const auto& one) { return one.first; });
    if (next == sender.waiting.end()) return;
    place = next->second.lock();
    sender.waiting.erase(next);
  }
  if (place) place->resume();
}

}  // namespace signaling
