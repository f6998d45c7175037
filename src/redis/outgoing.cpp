#include "redis/outgoing.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "redis/publication_codec.hpp"

namespace signaling::redis {
namespace {

// With one on the way and one behind it the database is never idle, and what comes meanwhile travels together.
constexpr std::size_t max_in_flight = 2;
// What one entry of an inbox may hold before the next one is begun.
constexpr std::size_t max_part_bytes = 256 * 1024;

}  // namespace

void Outgoing::push(std::variant<Leave, Update, Release, Messages> what,
                    Callback<void(std::error_code, Version)> done) {
  seal();
  items_.push_back(std::make_shared<Item>(Item{std::move(what), std::move(done)}));
}

void Outgoing::gather(const Message& message, const Route& route, std::span<const NodeId> targets,
                      TimePoint now) {
  begin_gathering(now);
  for (const NodeId& node : targets) append(part_for(node, {}, {}), message, route);
  if (targets.empty()) append(part_for({}, message.to, route.room), message, route);
}

void Outgoing::gather(const NodeCommand& command, TimePoint now) {
  begin_gathering(now);
  if (!command.node.empty()) return append(part_for(command.node, {}, {}), command);
  const bool is_for_peer = !command.peer.empty();
  append(part_for({}, command.peer, is_for_peer ? std::string_view() : command.room), command);
}

void Outgoing::begin_gathering(TimePoint now) noexcept {
  if (gathered_.batch.parts.empty()) gathered_.since = now;
  last_gathered_ = now;
}

void Outgoing::append(Batch::Part& part, const auto&... publication) {
  const std::size_t before = part.bytes.size();
  redis::append(part.bytes, publication...);
  gathered_.bytes += part.bytes.size() - before;
  bytes_ += part.bytes.size() - before;
}

Batch::Part& Outgoing::part_for(std::string_view node, std::string_view peer, std::string_view room) {
  auto& parts = gathered_.batch.parts;
  // Not behind a part that is addressed in another way: it may go to the same node.
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    if (part->node == node && part->peer == peer && part->room == room) {
      if (part->bytes.size() < max_part_bytes) return *part;
      break;
    }
    if (part->node.empty() || node.empty()) break;
  }
  return parts.emplace_back(Batch::Part{NodeId(node), std::string(peer), std::string(room), {}});
}

void Outgoing::seal() {
  if (gathered_.batch.parts.empty()) return;
  gathered_.batch.number = ++last_batch_;
  unanswered_.insert(last_batch_);
  items_.push_back(std::make_shared<Item>(Item{std::exchange(gathered_, {}), {}}));
}

void Outgoing::seal_if_few_in_flight() {
  if (unanswered_.size() < max_in_flight) seal();
}

Outgoing::ItemPointer Outgoing::take_unsent() {
  while (sent_ < items_.size()) {
    ItemPointer item = items_[sent_++];
    if (!item->finished) return item;
  }
  return nullptr;
}

void Outgoing::finish(Item& item) {
  if (std::exchange(item.finished, true)) return;
  if (const auto* messages = std::get_if<Messages>(&item.what)) {
    bytes_ -= messages->bytes;
    unanswered_.erase(messages->batch.number);
  }
  while (!items_.empty() && items_.front()->finished) {
    items_.pop_front();
    if (sent_ != 0) --sent_;
  }
}

std::vector<Outgoing::ItemPointer> Outgoing::unfinished_messages() const {
  std::vector<ItemPointer> found;
  std::ranges::copy_if(items_, std::back_inserter(found), [](const ItemPointer& item) {
    return !item->finished && std::holds_alternative<Messages>(item->what);
  });
  return found;
}

std::optional<TimePoint> Outgoing::youngest() const noexcept {
  if (unanswered_.empty() && gathered_.batch.parts.empty()) return std::nullopt;
  return last_gathered_;
}

std::vector<Outgoing::ItemPointer> Outgoing::end_session() {
  const auto is_message = [](const ItemPointer& item) {
    return std::holds_alternative<Messages>(item->what);
  };
  std::vector<ItemPointer> others;
  std::ranges::copy_if(items_, std::back_inserter(others),
                       [&](const ItemPointer& item) { return !item->finished && !is_message(item); });
  std::erase_if(items_, [&](const ItemPointer& item) { return item->finished || !is_message(item); });
  sent_ = 0;
  return others;
}

}  // namespace signaling::redis
