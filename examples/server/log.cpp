#include "log.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>

namespace {

// Values may hold anything a client sent: whatever is not plain printable ASCII is written as \xNN, so that a value
// never ends its line or looks like another field.
void append_value(std::string& line, std::string_view value) {
  static constexpr std::string_view digits = "0123456789abcdef";
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
      line += digits[byte >> 4U];
      line += digits[byte & 0xFU];
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

}  // namespace

void LogfmtSink::log(const signaling::LogRecord& record) {
  std::string line = "time=" + timestamp() + " level=";
  line += to_string(record.level);
  line += " event=";
  line += record.event;
  for (const auto& field : record.fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  line += '\n';
  // One call a line: lines of several threads do not mix.
  std::fwrite(line.data(), 1, line.size(), stderr);
}
