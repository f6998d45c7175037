#include "signaling/operation/line_writer.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <new>
#include <optional>
#include <string>
#include <system_error>

#include "operation/support/pipe.hpp"

using namespace signaling::operation;
using namespace signaling::operation::testing;

namespace {

std::string missing(std::uint64_t dropped) { return "missing " + std::to_string(dropped) + '\n'; }

// Until the writer waits for the pipe, and a line is dropped.
void fill(Pipe& pipe, LineWriter& writer) {
  pipe.fill();
  const std::string line = std::string(99, 'x') + '\n';
  while (writer.dropped() == 0) writer.push(line);
}

}  // namespace

TEST_CASE("line writer: lines are written in order, the last ones before its end") {
  Pipe pipe;
  {
    LineWriter writer(pipe.writer(), 0, missing);
    for (int i = 0; i < 100; ++i) writer.push(std::to_string(i) + '\n');
  }
  pipe.close_writer();
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += std::to_string(i) + '\n';
  CHECK(pipe.read_until("never") == expected);
}

TEST_CASE("line writer: the host may close its descriptor at once") {
  Pipe pipe;
  LineWriter writer(pipe.writer(), 0, missing);
  pipe.close_writer();
  writer.push("still written\n");
  CHECK(pipe.read_until("\n") == "still written\n");
}

TEST_CASE(
    "line writer: what does not fit is dropped and counted, and a notice says how much when it is read "
    "again") {
  Pipe pipe;
  LineWriter writer(pipe.writer(), 1000, missing);
  fill(pipe, writer);
  writer.push("one more that does not fit" + std::string(1000, '.') + '\n');
  CHECK(writer.dropped() == 2);
  CHECK(pipe.read_until("missing 2\n").ends_with("x\nmissing 2\n"));
  writer.push("next\n");
  CHECK(pipe.read_until("next\n").find("missing") == std::string::npos);
  CHECK(writer.dropped() == 2);
}

TEST_CASE("line writer: a line that the caller had no memory for counts as dropped") {
  Pipe pipe;
  LineWriter writer(pipe.writer(), 0, missing);
  writer.drop();
  CHECK(writer.dropped() == 1);
  writer.push("next\n");
  CHECK(pipe.read_until("1\n") == "next\nmissing 1\n");
}

TEST_CASE("line writer: without a reader lines are dropped, and SIGPIPE does not end the process") {
  Pipe pipe;
  std::signal(SIGPIPE, SIG_DFL);
  LineWriter writer(pipe.writer(), 0, missing);
  pipe.close_reader();
  writer.push("one\ntwo\n");
  CHECK(holds_soon([&] { return writer.dropped() == 2; }));
}

TEST_CASE("line writer: a notice that throws is made again with the next line") {
  Pipe pipe;
  bool fails = true;
  LineWriter writer(pipe.writer(), 0, [&](std::uint64_t dropped) {
    if (std::exchange(fails, false)) throw std::bad_alloc();
    return missing(dropped);
  });
  writer.drop();
  writer.push("one\n");
  CHECK(pipe.read_until("one\n") == "one\n");
  writer.push("two\n");
  CHECK(pipe.read_until("1\n") == "two\nmissing 1\n");
}

TEST_CASE("line writer: its end does not wait for a descriptor that is stuck") {
  Pipe pipe;
  std::optional<LineWriter> writer(std::in_place, pipe.writer(), 1000, missing);
  fill(pipe, *writer);
  const auto begin = std::chrono::steady_clock::now();
  writer.reset();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}

TEST_CASE("line writer: a descriptor that is not open is an error") {
  CHECK_THROWS_AS(LineWriter(-1, 0, missing), std::system_error);
}
