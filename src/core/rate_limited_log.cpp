#include "signaling/core/rate_limited_log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <string>
#include <utility>

namespace signaling {

RateLimitedLog::RateLimitedLog(std::shared_ptr<LogSink> sink, LogLevel level, std::string_view event,
                               std::uint32_t per_second, const Clock& clock)
    : sink_(std::move(sink)), level_(level), event_(event), per_second_(per_second), clock_(clock) {}

bool RateLimitedLog::take_turn(std::uint64_t& suppressed) {
  const TimePoint now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (now >= second_end_) {
    second_end_ = now + std::chrono::seconds(1);
    written_ = 0;
  }
  if (written_ >= per_second_) {
    ++suppressed_;
    return false;
  }
  ++written_;
  suppressed = std::exchange(suppressed_, 0);
  return true;
}

void RateLimitedLog::write(std::initializer_list<LogField> fields) {
  std::uint64_t suppressed = 0;
  if (!sink_ || level_ < sink_->level() || !take_turn(suppressed)) return;
  std::array<LogField, 8> all;
  std::size_t count = std::min(fields.size(), all.size() - 1);
  std::copy_n(fields.begin(), count, all.begin());
  const std::string number = std::to_string(suppressed);
  if (suppressed > 0) all.at(count++) = {"suppressed", number};
  sink_->log({level_, event_, std::span(all.data(), count)});
}

}  // namespace signaling
