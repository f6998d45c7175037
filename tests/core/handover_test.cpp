// What two nodes tell each other about a peer that goes from one to the other.
#include "core/handover.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/session_moves.hpp"

using namespace signaling;
using namespace signaling::handover;

namespace {

const std::string odd("\0\xFF\r\n\"{}", 7);

Frame frame(std::string_view text, MessageKind kind, std::uint8_t state, FrameUse use) {
  FrameBuilder builder(text.size());
  builder.append(text);
  return builder.finish(kind, state, use);
}

History some_history() {
  History history;
  history.is_counted = true;
  history.received = 3;
  history.sent = 0x0102030405060708;
  history.unacknowledged = {frame("one", MessageKind::text, 0, FrameUse::message),
                            Frame::close(1000, "an end belongs to the connection"),
                            frame(odd, MessageKind::binary, 7, FrameUse::change)};
  history.waiting = {frame("", MessageKind::text, 0, FrameUse::room)};
  history.dropped = 2;
  history.input = {{MessageKind::binary, odd}, {MessageKind::text, "hello"}};
  history.away = {{"r", odd}};
  history.rooms = {{"r", {7, 0x0807060504030201}}, {odd, {}}};
  history.restarted_with = event::Resumption{event::Resumption::Kind::rooms};
  history.restarted_with->lost = 5;
  return history;
}

}  // namespace

TEST_CASE("handover: a history is read as it was written, without what closes the connection") {
  const auto read = unpack_history(pack(some_history()));
  REQUIRE(read);
  CHECK(read->is_counted);
  CHECK(read->received == 3);
  CHECK(read->sent == 0x0102030405060708);
  REQUIRE(read->unacknowledged.size() == 2);
  CHECK(read->unacknowledged[0].text_view() == "one");
  const Frame& second = read->unacknowledged[1];
  CHECK(second.text_view() == odd);
  CHECK(second.kind() == MessageKind::binary);
  CHECK(second.state() == 7);
  CHECK(second.use() == FrameUse::change);
  REQUIRE(read->waiting.size() == 1);
  CHECK(read->waiting[0].use() == FrameUse::room);
  CHECK(read->dropped == 2);
  REQUIRE(read->input.size() == 2);
  CHECK(read->input[0].bytes == odd);
  CHECK(read->input[0].kind == MessageKind::binary);
  REQUIRE(read->away.size() == 1);
  CHECK(read->away[0].peer == odd);
  CHECK(read->rooms == some_history().rooms);
  REQUIRE(read->restarted_with);
  CHECK(read->restarted_with->lost == 5);
  CHECK_FALSE(read->restarted_with->received);
}

TEST_CASE("handover: requests and answers are read as they were written") {
  const auto request = unpack_request(pack(Request{7, "node", odd, "user", "signaling.v1"}));
  REQUIRE(request);
  CHECK(request->number == 7);
  CHECK(request->node == "node");
  CHECK(request->secret == odd);
  CHECK(request->subject == "user");
  CHECK(request->language == "signaling.v1");
  Answer answer{7, Answer::Verdict::good, "node", 9, std::chrono::seconds(60)};
  answer.rooms = {{odd, Payload("{}")}, {"r", Payload()}};
  const auto read = unpack_answer(pack(answer));
  REQUIRE(read);
  CHECK(read->verdict == Answer::Verdict::good);
  CHECK(read->node == "node");
  CHECK(read->epoch == 9);
  CHECK(read->keep == std::chrono::seconds(60));
  REQUIRE(read->rooms.size() == 2);
  CHECK(read->rooms[0].id == odd);
  CHECK(read->rooms[0].metadata.view() == "{}");
}

TEST_CASE("handover: what is cut short, too long, or of another version is not read") {
  const std::string whole = pack(some_history());
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(unpack_history(whole.substr(0, size)));
  CHECK_FALSE(unpack_history(whole + "x"));
  CHECK_FALSE(unpack_history("\x02" + whole.substr(1)));
  const std::string answer = pack(Answer{1, Answer::Verdict::busy});
  for (std::size_t size = 0; size < answer.size(); ++size) CHECK_FALSE(unpack_answer(answer.substr(0, size)));
  std::string wrong = answer;
  wrong[9] = 77;  // no such verdict
  CHECK_FALSE(unpack_answer(wrong));
  // A number of items that cannot be there does not cost memory.
  std::string many = pack(History{});
  many[1 + 3 * 8] = '\xFF';
  many[1 + 3 * 8 + 7] = '\x7F';
  CHECK_FALSE(unpack_history(many));
}

TEST_CASE("session moves: an answer reaches who has asked, once") {
  SessionMoves moves;
  int answered = 0;
  const auto first = moves.ask([&](const Answer&) { ++answered; });
  const auto second = moves.ask([&](const Answer&) { answered += 10; });
  moves.answer(Answer{second});
  moves.answer(Answer{second});
  CHECK(answered == 10);
  moves.forget(first);
  moves.answer(Answer{first});
  CHECK(answered == 10);
}

TEST_CASE("session moves: what comes for a peer that is on its way waits for it, in order") {
  SessionMoves moves;
  std::string done;
  Callback<void()> early = [&] { done += "early "; };
  CHECK_FALSE(moves.expects_any());
  CHECK_FALSE(moves.hold("ada", early));
  CHECK(bool(early));
  moves.expect("ada");
  CHECK(moves.expects_any());
  CHECK(moves.hold("ada", early));
  Callback<void()> late = [&] { done += "late"; };
  CHECK(moves.hold("ada", late));
  Callback<void()> other = [] {};
  CHECK_FALSE(moves.hold("bob", other));
  CHECK(done.empty());
  moves.arrived("ada");
  CHECK(done == "early late");
  CHECK_FALSE(moves.expects_any());
  moves.arrived("ada");
  CHECK(done == "early late");
}
