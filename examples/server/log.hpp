#pragma once

#include "signaling/core/log.hpp"

/// Writes one line a record to stderr, as logfmt: `time=… level=info event=listening address="…"`.
class LogfmtSink final : public signaling::LogSink {
 public:
  explicit LogfmtSink(signaling::LogLevel level) : level_(level) {}
  signaling::LogLevel level() const noexcept override { return level_; }
  void log(const signaling::LogRecord& record) override;

 private:
  signaling::LogLevel level_;
};
