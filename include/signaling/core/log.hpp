#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling {

/// The importance of a record.
enum class LogLevel : std::uint8_t { debug, info, warning, error };
/// "debug", "info", "warning", "error".
SIGNALING_API std::string_view to_string(LogLevel level) noexcept;

/// A named value of a record. The value may contain any bytes that a peer sent: a sink must escape it.
struct SIGNALING_API LogField {
  std::string_view key;    ///< a fixed word
  std::string_view value;  ///< escape it before it is written
};

/// A log record. `event` is a fixed word such as "peer-joined"; the fields hold everything that varies.
/// Lifetime: the views are valid during the call.
struct SIGNALING_API LogRecord {
  LogLevel level = LogLevel::info;   ///< how much it matters
  std::string_view event;            ///< a fixed word
  std::span<const LogField> fields;  ///< everything that varies
};

/// Receives the library's log records. The library itself writes to no stream.
///
/// Threads: any thread may call it, concurrently, never under a lock of the library.
class SIGNALING_API LogSink {
 public:
  virtual ~LogSink() = default;
  /// The lowest level of interest; the library does not create records below it.
  virtual LogLevel level() const noexcept { return LogLevel::info; }
  /// Called for each record of that level or above. Must not throw.
  virtual void log(const LogRecord& record) = 0;
};

}  // namespace signaling
