// What is kept of the messages to a client until it acknowledges them.
#include "core/session_log.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace signaling;

namespace {

Frame message(std::string_view text, FrameUse use = FrameUse::message) {
  FrameBuilder builder(text.size());
  builder.append(text);
  return builder.finish(MessageKind::text, 0, use);
}

void send(SessionLog& log, std::string_view text, std::size_t max_bytes = 0) {
  log.sent(std::vector{message(text)}, max_bytes);
}

std::string texts(const std::vector<Frame>& frames) {
  std::string all;
  for (const Frame& frame : frames) all += frame.text_view();
  return all;
}

}  // namespace

TEST_CASE("session log: what is not acknowledged comes again, in order, and counts from there") {
  SessionLog log;
  for (const char* text : {"a", "b", "c", "d"}) send(log, text);
  CHECK(log.count() == 4);
  CHECK(log.acknowledge(1));
  CHECK(texts(log.rewind(2)) == "cd");
  CHECK(log.count() == 2);
  CHECK(texts(log.rewind(2)).empty());
  send(log, "e");
  CHECK(log.count() == 3);
  CHECK(texts(log.rewind(2)) == "e");
}

TEST_CASE("session log: what belongs to the connection is neither counted nor kept") {
  SessionLog log;
  log.sent(std::vector{message("welcome", FrameUse::link), message("a"), message("b", FrameUse::room)}, 0);
  CHECK(log.count() == 2);
  CHECK(texts(log.rewind(0)) == "ab");
}

TEST_CASE("session log: a number that was never sent changes nothing") {
  SessionLog log;
  send(log, "a");
  CHECK_FALSE(log.acknowledge(2));
  CHECK(log.acknowledge(1));
  CHECK(log.acknowledge(0));  // of before, which came late
  CHECK(log.count() == 1);
  CHECK(texts(log.rewind(1)).empty());
}

TEST_CASE("session log: beyond the bound the oldest go, never the newest, and the loss is known") {
  SessionLog log;
  for (const char* text : {"aaaa", "bbbb", "cccc"}) send(log, text, 8);
  CHECK(log.missing_behind(0) == 1);
  CHECK(log.missing_behind(1) == 0);
  send(log, "much more than eight bytes", 8);
  CHECK(log.count() == 4);
  CHECK(log.missing_behind(0) == 3);
  CHECK(log.missing_behind(2) == 1);
  CHECK(texts(log.rewind(3)) == "much more than eight bytes");
}

TEST_CASE("session log: it begins again at 0 with nothing kept") {
  SessionLog log;
  for (const char* text : {"a", "b"}) send(log, text);
  log.restart();
  CHECK(log.count() == 0);
  CHECK(log.missing_behind(0) == 0);
  CHECK_FALSE(log.acknowledge(1));
  CHECK(texts(log.rewind(0)).empty());
}

TEST_CASE("session log: many messages, acknowledged in pieces") {
  SessionLog log;
  for (int i = 0; i < 1000; ++i) {
    send(log, std::to_string(i % 10));
    if (i % 7 == 0) CHECK(log.acknowledge(static_cast<std::uint64_t>(i - i % 5)));
  }
  CHECK(log.count() == 1000);
  CHECK(texts(log.rewind(995)) == "56789");
}

TEST_CASE("session log: answers about a client's own place are taken out in order") {
  std::vector<Frame> frames{message("a"), message("1", FrameUse::room), message("b"),
                            message("2", FrameUse::room)};
  CHECK(texts(take_room_frames(frames)) == "12");
  CHECK(texts(frames) == "ab");
}
