#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "line_writer.hpp"
#include "signaling/core/log.hpp"

enum class LogFormat : std::uint8_t {
  logfmt,  ///< `time=… level=info event=drained clients="3"`
  json,    ///< `{"time":"…","level":"info","event":"drained","clients":"3"}`
};

/// Writes one line a record to stderr, all of it printable ASCII. Whoever logs never waits for stderr: see LineWriter.
class LineSink final : public signaling::LogSink {
 public:
  /// `max_queued_bytes`: of lines that stderr does not take; beyond it records are dropped, and `log-dropped` says so.
  LineSink(LogFormat format, signaling::LogLevel level, std::size_t max_queued_bytes);
  signaling::LogLevel level() const noexcept override { return level_.load(std::memory_order_relaxed); }
  void set_level(signaling::LogLevel level) noexcept { level_.store(level, std::memory_order_relaxed); }
  void log(const signaling::LogRecord& record) override;
  /// Records that were not written, until now.
  std::uint64_t dropped() const { return writer_.dropped(); }

 private:
  const LogFormat format_;
  std::atomic<signaling::LogLevel> level_;
  LineWriter writer_;
};

/// Of a program that has a few things to say itself.
void say(signaling::LogSink& log, signaling::LogLevel level, std::string_view event,
         std::initializer_list<signaling::LogField> fields = {});
