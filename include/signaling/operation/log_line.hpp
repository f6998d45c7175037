#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "signaling/core/log.hpp"
#include "signaling/text/export.hpp"

namespace signaling::operation {

/// The format of a record. Both formats are one line of printable ASCII, whatever names peers have chosen.
enum class LogFormat : std::uint8_t {
  logfmt,  ///< `time=… level=info event=drained clients="3"`; other bytes of a value are `\xNN`
  /// `{"time":"…","level":"info","event":"drained","clients":"3"}` (RFC 8259); other characters are `\uNNNN`, and bytes that
  /// are not UTF-8 U+FFFD
  json,
};

/// The record as one line, without its line feed. `time` is written in UTC, to the millisecond.
SIGNALING_API std::string log_line(LogFormat format, const LogRecord& record,
                                   std::chrono::system_clock::time_point time);

/// The same in logfmt without time and level, for a logger that adds its own: `event=drained clients="3"`.
SIGNALING_API std::string log_text(const LogRecord& record);

/// Passes this record to `log` if it has the sink's level or above.
SIGNALING_API void log_event(LogSink& log, LogLevel level, std::string_view event,
                             std::initializer_list<LogField> fields = {});

}  // namespace signaling::operation
