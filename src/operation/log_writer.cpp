#include "signaling/operation/log_writer.hpp"

#include <array>
#include <new>
#include <string>

#include "signaling/core/clock.hpp"

namespace signaling::operation {
namespace {

std::string line_of(LogFormat format, const LogRecord& record) {
  return log_line(format, record, wall_time()) + '\n';
}

std::string dropped_line(LogFormat format, std::uint64_t dropped) {
  const std::string count = std::to_string(dropped);
  const std::array fields{LogField{"count", count}};
  return line_of(format, {LogLevel::warning, "log-dropped", fields});
}

}  // namespace

LogWriter::LogWriter(const LogWriterOptions& options)
    : format_(options.format),
      level_(options.level),
      writer_(options.descriptor, options.max_queued_bytes,
              [format = options.format](std::uint64_t dropped) { return dropped_line(format, dropped); }) {}

void LogWriter::log(const LogRecord& record) noexcept {
  try {
    writer_.push(line_of(format_, record));
  } catch (const std::bad_alloc&) {
    writer_.drop();
  }
}

}  // namespace signaling::operation
