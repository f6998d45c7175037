#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string_view>

#include "signaling/core/clock.hpp"
#include "signaling/core/log.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// Limits log records of one kind that any client can cause, such as refusals, so that many clients do not cause many
/// records.
///
/// At most `per_second` records are written each second. The first record after a second with suppressed ones counts
/// them in its last field, `suppressed`.
/// Threads: any.
class SIGNALING_API RateLimitedLog {
 public:
  /// `sink` null: nothing is written. `event`: a fixed word, as LogRecord::event. `clock` must outlive this object.
  RateLimitedLog(std::shared_ptr<LogSink> sink, LogLevel level, std::string_view event,
                 std::uint32_t per_second = 20, const Clock& clock = system_clock());

  /// Writes one record with these fields, at most seven, or suppresses it.
  void write(std::initializer_list<LogField> fields);

 private:
  /// False: leave it out. Else `suppressed` is how many were left out before.
  bool take_turn(std::uint64_t& suppressed);

  const std::shared_ptr<LogSink> sink_;
  const LogLevel level_;
  const std::string_view event_;
  const std::uint32_t per_second_;
  const Clock& clock_;
  std::mutex mutex_;
  TimePoint second_end_{};
  std::uint32_t written_ = 0;  // in this second
  std::uint64_t suppressed_ = 0;
};

}  // namespace signaling
