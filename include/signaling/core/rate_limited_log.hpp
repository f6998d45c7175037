#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string_view>

#include "signaling/core/clock.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/log.hpp"

namespace signaling {

/// Records of one kind that anybody can cause, such as refusals: a flood of clients does not become a flood of records.
///
/// At most `per_second` are written each second; the first one after a second in which some were left out says how many, in
/// its last field, `suppressed`.
/// Threads: any.
class SIGNALING_API RateLimitedLog {
 public:
  /// `sink` null: nothing is written. `event`: a fixed word, as LogRecord::event. `clock` must outlive this.
  RateLimitedLog(std::shared_ptr<LogSink> sink, LogLevel level, std::string_view event,
                 std::uint32_t per_second = 20, const Clock& clock = system_clock());

  /// One record with these fields, at most seven.
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
