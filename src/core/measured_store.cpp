#include "core/measured_store.hpp"

#include <utility>

#include "core/answer.hpp"

namespace signaling {
namespace {

// The others are answers like any other: somebody else was there first.
bool is_failure(std::error_code error) noexcept {
  return error && error != errc::id_in_use && error != errc::room_full && error != errc::not_joined &&
         error != errc::peer_not_found;
}

}  // namespace

MeasuredStore::MeasuredStore(std::shared_ptr<StateStore> store, const Clock& clock)
    : ForwardingStore(std::move(store)), record_(std::make_shared<Record>(clock)) {}

TimePoint MeasuredStore::Record::now() const {
  return open.load(std::memory_order_relaxed) ? clock.now() : TimePoint();
}

void MeasuredStore::Record::add(StoreOperation operation, TimePoint start, std::error_code error) {
  if (!open.load(std::memory_order_relaxed)) return;
  const auto index = static_cast<std::size_t>(operation);
  times[index].add(clock.now() - start);
  if (is_failure(error)) failures[index].fetch_add(1, std::memory_order_relaxed);
}

template <class Result>
Callback<void(std::error_code, Result)> MeasuredStore::timed(StoreOperation operation,
                                                             Callback<void(std::error_code, Result)> done) {
  return Answer(
      [record = record_, operation, start = record_->now(), done = std::move(done)](std::error_code error,
                                                                                    Result result) mutable {
        record->add(operation, start, error);
        done(error, std::move(result));
      },
      [record = record_](auto& answer) {
        // A store that is closed owes no answers.
        if (record->open.load(std::memory_order_relaxed)) answer(errc::store_unavailable, Result());
      });
}

void MeasuredStore::close(const NodeId& node) {
  record_->open.store(false, std::memory_order_relaxed);
  ForwardingStore::close(node);
}

void MeasuredStore::claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) {
  ForwardingStore::claim(request, timed(StoreOperation::claim, std::move(done)));
}

void MeasuredStore::join(Join request, Callback<void(std::error_code, Joined)> done) {
  ForwardingStore::join(std::move(request), timed(StoreOperation::join, std::move(done)));
}

void MeasuredStore::leave(const Leave& request, Callback<void(std::error_code, Version)> done) {
  ForwardingStore::leave(request, timed(StoreOperation::leave, std::move(done)));
}

void MeasuredStore::update(const Update& request, Callback<void(std::error_code, Version)> done) {
  ForwardingStore::update(request, timed(StoreOperation::update, std::move(done)));
}

void MeasuredStore::snapshot(std::string_view room, Version known_version,
                             Callback<void(std::error_code, RoomState)> done) {
  ForwardingStore::snapshot(room, known_version, timed(StoreOperation::snapshot, std::move(done)));
}

void MeasuredStore::add_to(Stats& stats) const {
  for (std::size_t i = 0; i < store_operations; ++i) {
    record_->times[i].add_to(stats.store[i]);
    stats.store_failures[i] += record_->failures[i].load(std::memory_order_relaxed);
  }
}

}  // namespace signaling
