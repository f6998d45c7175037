#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "core/counters.hpp"
#include "signaling/core/clock.hpp"
#include "signaling/core/forwarding_store.hpp"

namespace signaling {

/// Passes everything on to another store, and measures how long it takes to answer. A handler that the store destroys
/// uncalled is called with `errc::store_unavailable`.
class MeasuredStore final : public ForwardingStore {
 public:
  /// The clock is not asked after `close`.
  MeasuredStore(std::shared_ptr<StateStore> store, const Clock& clock);

  void close(const NodeId& node) override;
  void claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) override;
  void join(Join request, Callback<void(std::error_code, Joined)> done) override;
  void leave(const Leave& request, Callback<void(std::error_code, Version)> done) override;
  void update(const Update& request, Callback<void(std::error_code, Version)> done) override;
  void snapshot(std::string_view room, Version known_version,
                Callback<void(std::error_code, RoomState)> done) override;

  void add_to(Stats& stats) const;

 private:
  // Answers may come when the router is gone.
  struct Record {
    explicit Record(const Clock& the_clock) : clock(the_clock) {}
    TimePoint now() const;
    void add(StoreOperation operation, TimePoint start, std::error_code error);

    const Clock& clock;
    std::atomic<bool> open{true};
    std::array<HistogramCounters, store_operations> times;
    std::array<std::atomic<std::uint64_t>, store_operations> failures{};
  };

  template <class Result>
  Callback<void(std::error_code, Result)> timed(StoreOperation operation,
                                                Callback<void(std::error_code, Result)> done);

  const std::shared_ptr<Record> record_;
};

}  // namespace signaling
