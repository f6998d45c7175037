#include "signaling/core/rate_limited_log.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "signaling/testing/fake_clock.hpp"

using namespace signaling;

namespace {

struct KeptRecords final : LogSink {
  LogLevel level() const noexcept override { return least; }
  void log(const LogRecord& record) override {
    std::string line(record.event);
    for (const LogField& field : record.fields)
      line += ' ' + std::string(field.key) + '=' + std::string(field.value);
    lines.push_back(line);
  }
  LogLevel least = LogLevel::info;
  std::vector<std::string> lines;
};

}  // namespace

TEST_CASE("rate-limited log: so many records a second, and the next one tells how many were left out") {
  const auto sink = std::make_shared<KeptRecords>();
  signaling::testing::FakeClock clock;
  RateLimitedLog log(sink, LogLevel::warning, "refused", 2, clock);
  for (int i = 0; i < 5; ++i) log.write({{"address", "a"}});
  CHECK(sink->lines == std::vector<std::string>(2, "refused address=a"));
  clock.advance(std::chrono::milliseconds(999));
  log.write({{"address", "a"}});
  CHECK(sink->lines.size() == 2);
  clock.advance(std::chrono::milliseconds(1));
  log.write({{"address", "b"}});
  log.write({{"address", "c"}});
  CHECK(sink->lines.size() == 4);
  CHECK(sink->lines[2] == "refused address=b suppressed=4");
  CHECK(sink->lines[3] == "refused address=c");
}

TEST_CASE("rate-limited log: what the sink does not want is neither written nor counted") {
  const auto sink = std::make_shared<KeptRecords>();
  signaling::testing::FakeClock clock;
  RateLimitedLog log(sink, LogLevel::info, "refused", 1, clock);
  sink->least = LogLevel::error;
  for (int i = 0; i < 5; ++i) log.write({});
  sink->least = LogLevel::info;
  log.write({});
  CHECK(sink->lines == std::vector<std::string>{"refused"});
  RateLimitedLog(nullptr, LogLevel::error, "refused").write({});
}
