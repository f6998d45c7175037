#include "signaling/operation/log_writer.hpp"

#include <doctest/doctest.h>

#include <system_error>

#include "operation/support/pipe.hpp"

using namespace signaling;
using namespace signaling::operation;
using signaling::operation::testing::Pipe;

TEST_CASE("log writer: a record is a line of its format") {
  Pipe pipe;
  LogWriter logfmt({.descriptor = pipe.writer()});
  log_event(logfmt, LogLevel::info, "drained", {{"peers", "3"}});
  std::string line = pipe.read_until("\n");
  CHECK(line.starts_with("time=2"));
  CHECK(line.ends_with("Z level=info event=drained peers=\"3\"\n"));

  LogWriter json({.format = LogFormat::json, .descriptor = pipe.writer()});
  log_event(json, LogLevel::info, "drained", {{"peers", "3"}});
  line = pipe.read_until("\n");
  CHECK(line.starts_with(R"({"time":"2)"));
  CHECK(line.ends_with(R"("level":"info","event":"drained","peers":"3"})"
                       "\n"));
}

TEST_CASE("log writer: the level is that of the options until it is replaced") {
  LogWriter log({.level = LogLevel::error});
  CHECK(log.level() == LogLevel::error);
  log.set_level(LogLevel::debug);
  CHECK(log.level() == LogLevel::debug);
}

TEST_CASE("log writer: records that are not read in time are counted, and a record says how many") {
  Pipe pipe;
  LogWriter log({.max_queued_bytes = 1000, .descriptor = pipe.writer()});
  while (log.dropped() < 3) log_event(log, LogLevel::info, "draining");
  const std::string count = std::to_string(log.dropped());
  pipe.read_until("level=warning event=log-dropped");
  CHECK(pipe.read_until("\n") == " count=\"" + count + "\"\n");
}

TEST_CASE("log writer: a descriptor that is not open is an error") {
  CHECK_THROWS_AS(LogWriter({.descriptor = -1}), std::system_error);
}
