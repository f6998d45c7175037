#include "signaling/operation/log_line.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

using namespace signaling;
using namespace signaling::operation;

namespace {

constexpr auto noon = std::chrono::sys_days(std::chrono::year(2026) / 5 / 4) + std::chrono::hours(12);

std::string text_of(std::string_view value) {
  const std::array fields{LogField{"peer", value}};
  return log_text({LogLevel::info, "peer-joined", fields});
}

std::string json_of(std::string_view value) {
  const std::array fields{LogField{"peer", value}};
  return log_line(LogFormat::json, {LogLevel::info, "peer-joined", fields}, noon);
}

class Recorder final : public LogSink {
 public:
  LogLevel level() const noexcept override { return LogLevel::warning; }
  void log(const LogRecord& record) override { texts.push_back(log_text(record)); }
  std::vector<std::string> texts;
};

}  // namespace

TEST_CASE("log line: time in UTC to the millisecond, level, event, then the fields in their order") {
  const std::array fields{LogField{"peer", "ada"}, LogField{"room", "lobby"}};
  const LogRecord record{LogLevel::warning, "peer-joined", fields};
  const auto time = noon + std::chrono::milliseconds(7);
  CHECK(log_line(LogFormat::logfmt, record, time) ==
        R"(time=2026-05-04T12:00:00.007Z level=warning event=peer-joined peer="ada" room="lobby")");
  CHECK(
      log_line(LogFormat::json, record, time) ==
      R"({"time":"2026-05-04T12:00:00.007Z","level":"warning","event":"peer-joined","peer":"ada","room":"lobby"})");
  CHECK(log_text(record) == R"(event=peer-joined peer="ada" room="lobby")");
}

TEST_CASE("log line: a time before 1970 has its milliseconds too") {
  const auto time = std::chrono::system_clock::time_point() - std::chrono::milliseconds(1);
  CHECK(log_line(LogFormat::logfmt, {LogLevel::info, "drained", {}}, time) ==
        "time=1969-12-31T23:59:59.999Z level=info event=drained");
}

TEST_CASE("log line: in logfmt no value ends its line or looks like another field") {
  CHECK(text_of(R"(a" level="error\)") == R"(event=peer-joined peer="a\" level=\"error\\")");
  CHECK(text_of("a\n\x1b[31m\x7f") == R"(event=peer-joined peer="a\x0a\x1b[31m\x7f")");
  CHECK(text_of("\xc3\xa9") == R"(event=peer-joined peer="\xc3\xa9")");
  CHECK(text_of({"\0", 1}) == R"(event=peer-joined peer="\x00")");
}

TEST_CASE("log line: JSON is ASCII, with surrogates for what lies beyond the basic plane (RFC 8259 7)") {
  const auto value = [](const std::string& line) { return line.substr(line.find("\"peer\":")); };
  CHECK(value(json_of("a\"\\\n\x7f")) == R"("peer":"a\"\\\u000a\u007f"})");
  CHECK(value(json_of("\xc3\xa9\xf0\x9f\x8e\xac")) == R"("peer":"\u00e9\ud83c\udfac"})");
  CHECK(value(json_of("\xc3\xa9\xff\xc3")) == R"("peer":"\u00e9\ufffd\ufffd"})");
}

TEST_CASE("log event: a record below the sink's level is not made") {
  Recorder sink;
  log_event(sink, LogLevel::info, "draining");
  log_event(sink, LogLevel::error, "reload-failed", {{"error", "no file"}});
  CHECK(sink.texts == std::vector<std::string>{R"(event=reload-failed error="no file")"});
}
