#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "signaling/core/export.hpp"

namespace signaling {

/// How much a record matters.
enum class LogLevel : std::uint8_t { debug, info, warning, error };
/// "debug", "info", "warning", "error".
SIGNALING_API std::string_view to_string(LogLevel level) noexcept;

/// A named value of a record. The value may hold anything a peer sent: whoever writes it must escape it.
struct SIGNALING_API LogField {
  std::string_view key;    ///< a fixed word
  std::string_view value;  ///< escape it before it is written
};

/// One thing that happened. `event` is a fixed word such as "peer-joined"; all that varies is in the fields.
/// Lifetime: the views live for the call.
struct SIGNALING_API LogRecord {
  LogLevel level = LogLevel::info;   ///< how much it matters
  std::string_view event;            ///< a fixed word
  std::span<const LogField> fields;  ///< whatever varies
};

/// Where the library's log goes. The library itself writes to no stream.
///
/// Threads: called from any thread at once, never under a lock of the library.
class SIGNALING_API LogSink {
 public:
  virtual ~LogSink() = default;
  /// Records below this level are not even made.
  virtual LogLevel level() const noexcept { return LogLevel::info; }
  /// Called for each record of that level or above. Must not throw.
  virtual void log(const LogRecord& record) = 0;
};

}  // namespace signaling
