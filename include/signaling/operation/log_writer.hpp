#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "signaling/core/log.hpp"
#include "signaling/operation/line_writer.hpp"
#include "signaling/operation/log_line.hpp"
#include "signaling/text/export.hpp"

namespace signaling::operation {

/// Options of a LogWriter.
struct SIGNALING_API LogWriterOptions {
  /// Default logfmt.
  LogFormat format = LogFormat::logfmt;
  /// The lowest level; records below it are not created. Default info; LogWriter::set_level replaces it.
  LogLevel level = LogLevel::info;
  /// Bytes of lines that wait for the descriptor; beyond it, records are dropped. Default 1 MiB; 0: no limit.
  std::size_t max_queued_bytes = 1024 * 1024;
  /// Default 2, the standard error stream.
  int descriptor = 2;
};

/// Writes one line per record. The service never waits for the reader of its log: records that do not fit or cannot be
/// written are dropped and counted, and a record `log-dropped` (warning) with their `count` follows as soon as lines
/// can be written again. See LineWriter.
///
/// Threads: any.
class SIGNALING_API LogWriter final : public LogSink {
 public:
  /// Throws std::system_error if the descriptor is not open, or if the writer's thread cannot be started.
  explicit LogWriter(const LogWriterOptions& options = {});

  LogLevel level() const noexcept override { return level_.load(std::memory_order_relaxed); }
  /// Applies from the next record on.
  void set_level(LogLevel level) noexcept { level_.store(level, std::memory_order_relaxed); }
  void log(const LogRecord& record) noexcept override;
  /// The number of records dropped so far.
  std::uint64_t dropped() const { return writer_.dropped(); }

 private:
  const LogFormat format_;
  std::atomic<LogLevel> level_;
  LineWriter writer_;
};

}  // namespace signaling::operation
