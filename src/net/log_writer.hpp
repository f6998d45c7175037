#pragma once

#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "signaling/core/log.hpp"

namespace signaling::net {

/// Hands records to the host's sink, if there is one that wants them.
class LogWriter {
 public:
  explicit LogWriter(std::shared_ptr<LogSink> sink) : sink_(std::move(sink)) {}

  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {}) const {
    if (sink_ && level >= sink_->level())
      sink_->log({level, event, std::span(fields.begin(), fields.size())});
  }

 private:
  std::shared_ptr<LogSink> sink_;
};

}  // namespace signaling::net
