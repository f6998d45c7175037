#include "signaling/operation/log_line.hpp"

#include <array>
#include <ctime>
#include <span>

#include "signaling/text/hex.hpp"
#include "signaling/text/json_writer.hpp"

namespace signaling::operation {
namespace {

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
      line += text::hex_digit(byte >> 4U);
      line += text::hex_digit(byte & 0xFU);
    }
  }
  line += '"';
}

std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(time - second).count();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(second);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  const std::string fraction = std::to_string(millis);
  return std::string(text.data(), size) + '.' + std::string(3 - fraction.size(), '0') + fraction + 'Z';
}

std::string json_line(const LogRecord& record, std::chrono::system_clock::time_point time) {
  std::string line;
  text::JsonWriter json(line);
  json.raw(R"({"time":)").ascii_string(timestamp(time));
  const auto member = [&json](std::string_view key, std::string_view value) {
    json.raw(",").ascii_string(key).raw(":").ascii_string(value);
  };
  member("level", to_string(record.level));
  member("event", record.event);
  for (const auto& field : record.fields) member(field.key, field.value);
  json.raw("}");
  return line;
}

}  // namespace

std::string log_line(LogFormat format, const LogRecord& record, std::chrono::system_clock::time_point time) {
  if (format == LogFormat::json) return json_line(record, time);
  std::string line = "time=" + timestamp(time) + " level=";
  line += to_string(record.level);
  return line + ' ' + log_text(record);
}

std::string log_text(const LogRecord& record) {
  std::string line = "event=";
  line += record.event;
  for (const auto& field : record.fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_logfmt(line, field.value);
  }
  return line;
}

void log_event(LogSink& log, LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (level < log.level()) return;
  log.log({level, event, std::span(fields.begin(), fields.size())});
}

}  // namespace signaling::operation
