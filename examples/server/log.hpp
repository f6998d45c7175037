#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "signaling/core/log.hpp"

enum class LogFormat : std::uint8_t {
  logfmt,  ///< `time=… level=info event=drained clients="3"`
  json,    ///< `{"time":"…","level":"info","event":"drained","clients":"3"}`
};

/// Writes one line a record to stderr, all of it printable ASCII.
class LineSink final : public signaling::LogSink {
 public:
  LineSink(LogFormat format, signaling::LogLevel level) : format_(format), level_(level) {}
  signaling::LogLevel level() const noexcept override { return level_.load(std::memory_order_relaxed); }
  void set_level(signaling::LogLevel level) noexcept { level_.store(level, std::memory_order_relaxed); }
  void log(const signaling::LogRecord& record) override;

 private:
  const LogFormat format_;
  std::atomic<signaling::LogLevel> level_;
};

/// Of a program that has a few things to say itself.
void say(signaling::LogSink& log, signaling::LogLevel level, std::string_view event,
         std::initializer_list<signaling::LogField> fields = {});
