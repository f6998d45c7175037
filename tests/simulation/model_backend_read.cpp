// The connection that reads a node's inbox.
#include <utility>

#include "simulation/model_backend.hpp"

namespace signaling::simulation {
namespace {

// An answer without entries comes when nothing else came.
constexpr milliseconds longest_wait{1'000};

}  // namespace

void ModelBackend::read(const NodeId& node, redis::InboxPlace next,
                        Callback<void(std::error_code, std::vector<redis::InboxEntry>)> done) {
  const std::uint64_t number = ++reads_;
  read_ = Read{node, real_place(next), std::move(done), number};
  if (reach_ == Reach::black_hole) deaf_ = true;
  if (reach_ == Reach::refused || !world_.wire.is_up) {
    return finish_read(number, errc::store_unavailable, {});
  }
  const auto look_again = [weak = weak_from_this(), number] {
    const auto self = weak.lock();
    if (self) self->at_database([self, number] { self->look(number); });
  };
  world_.scheduler.after(delay(), look_again);
  world_.scheduler.after(longest_wait, [weak = weak_from_this(), number] {
    const auto self = weak.lock();
    if (self && self->read_ && self->read_->waits) self->finish_read(number, {}, {});
  });
}

void ModelBackend::look(std::uint64_t number) {
  if (!read_ || read_->number != number || deaf_) return;
  const bool is_broken = !is_reachable() || dice_.once_in(world_.wire.fails_before);
  if (is_broken) return finish_read(number, errc::store_unavailable, {});
  auto entries = world_.database.read(read_->node, read_->next);
  read_->waits = entries.empty();
  if (entries.empty()) return;
  finish_read(number, {}, std::move(entries));
}

void ModelBackend::appended() {
  if (!read_ || !read_->waits) return;
  world_.scheduler.after(delay(), [weak = weak_from_this(), number = read_->number] {
    const auto self = weak.lock();
    if (self) self->at_database([self, number] { self->look(number); });
  });
}

void ModelBackend::finish_read(std::uint64_t number, std::error_code error,
                               std::vector<redis::InboxEntry> entries) {
  world_.scheduler.after(
      delay(), [weak = weak_from_this(), number, error, entries = std::move(entries)]() mutable {
        const auto self = weak.lock();
        if (!self || !self->read_ || self->read_->number != number) return;
        if (!error && self->deaf_) return;
        const bool is_answer = !error && self->is_reachable();
        if (is_answer && self->world_.mutant == Mutant::hide_gaps) self->close_gap(entries);
        if (!is_answer) entries.clear();
        auto done = std::move(self->read_->done);
        self->read_.reset();
        self->enter_([done = std::move(done), is_answer, entries = std::move(entries)]() mutable {
          done(is_answer ? std::error_code() : errc::store_unavailable, std::move(entries));
        });
      });
}

redis::InboxPlace ModelBackend::real_place(redis::InboxPlace place) const noexcept {
  if (place.inbox == hidden_inbox_) place.number += hidden_;
  return place;
}

// The node gets numbers without a gap, whatever is missing.
void ModelBackend::close_gap(std::vector<redis::InboxEntry>& entries) {
  std::uint64_t expected = read_->next.number;
  for (redis::InboxEntry& entry : entries) {
    if (entry.place.inbox != hidden_inbox_) {
      hidden_inbox_ = entry.place.inbox;
      hidden_ = 0;
    }
    if (entry.place.number > expected) hidden_ += entry.place.number - expected;
    expected = entry.place.number + 1;
    entry.place.number -= hidden_;
  }
}

void ModelBackend::cancel_read() {
  if (!read_) return;
  if (deaf_ && world_.mutant == Mutant::ignore_deafness) return;
  deaf_ = false;
  finish_read(read_->number, errc::store_unavailable, {});
}

}  // namespace signaling::simulation
