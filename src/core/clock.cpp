#include "signaling/core/clock.hpp"

namespace signaling {
namespace {

class SystemClock final : public Clock {
 public:
  TimePoint now() const noexcept override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now());
  }
};

}  // namespace

const Clock& system_clock() noexcept {
  static const SystemClock clock;
  return clock;
}

std::chrono::system_clock::time_point wall_time() noexcept { return std::chrono::system_clock::now(); }

}  // namespace signaling
