#include "log.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <span>
#include <string>

#include "json_string.hpp"

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

// Values may hold anything a client sent: whatever is not plain printable ASCII is written as \xNN, so that a value
// never ends its line or looks like another field.
void append_logfmt(std::string& line, std::string_view value) {
  line += '"';
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (byte >= 0x20 && byte < 0x7F) {
      line += c;
    } else {
      line += "\\x";
      line += hex_digits[byte >> 4U];
      line += hex_digits[byte & 0xFU];
    }
  }
  line += '"';
}

std::string timestamp() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::string result(text.data(), size);
  std::string fraction = std::to_string(millis);
  return result + '.' + std::string(3 - fraction.size(), '0') + fraction + 'Z';
}

std::string logfmt_line(const signaling::LogRecord& record) {
  std::string line = "time=" + timestamp() + " level=";
  line += to_string(record.level);
  line += " event=";
  line += record.event;
  for (const auto& field : record.fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_logfmt(line, field.value);
  }
  return line;
}

std::string json_line(const signaling::LogRecord& record) {
  std::string line = R"({"time":")" + timestamp() + '"';
  const auto member = [&line](std::string_view key, std::string_view value) {
    line += ',';
    append_json_string(line, key);
    line += ':';
    append_json_string(line, value);
  };
  member("level", to_string(record.level));
  member("event", record.event);
  for (const auto& field : record.fields) member(field.key, field.value);
  line += '}';
  return line;
}

std::string line_of(LogFormat format, const signaling::LogRecord& record) {
  return (format == LogFormat::json ? json_line(record) : logfmt_line(record)) + '\n';
}

std::string dropped_line(LogFormat format, std::uint64_t dropped) {
  const std::string count = std::to_string(dropped);
  const std::array fields{signaling::LogField{"count", count}};
  return line_of(format, {signaling::LogLevel::warning, "log-dropped", fields});
}

}  // namespace

LineSink::LineSink(LogFormat format, signaling::LogLevel level, std::size_t max_queued_bytes)
    : format_(format),
      level_(level),
      writer_(STDERR_FILENO, max_queued_bytes,
              [format](std::uint64_t dropped) { return dropped_line(format, dropped); }) {}

void LineSink::log(const signaling::LogRecord& record) { writer_.push(line_of(format_, record)); }

void say(signaling::LogSink& log, signaling::LogLevel level, std::string_view event,
         std::initializer_list<signaling::LogField> fields) {
  if (level < log.level()) return;
  log.log({level, event, std::span(fields.begin(), fields.size())});
}
