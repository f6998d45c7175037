#include "core/room_order.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

/// Plays a room: what comes in, and what the order says is to be done, as lines.
struct Script {
  void join(const std::string& name) {
    room_change::Join join;
    join.request = name;
    RoomChange change = std::move(join);
    CHECK(order.submit(change));
  }
  void leave(const std::string& name) {
    RoomChange change = room_change::Leave{nullptr, LeaveReason::leave, name, {}};
    CHECK(order.submit(change));
  }
  void list(const std::string& name) {
    RoomChange change = room_change::List{nullptr, room_change::List::Answer::members, name, {}};
    CHECK(order.submit(change));
  }
  void answer(std::uint64_t number) { order.hear(room_news::Answer{number, {}, {}}, bound); }
  void change(const std::string& name, std::size_t metadata = 0) {
    MembershipChange change;
    change.member.id = name;
    change.member.metadata = Payload(std::string(metadata, 'm'));
    order.hear(room_news::Change{std::move(change)}, bound);
  }
  void message(const std::string& text) {
    order.hear(room_news::Message{OwnedMessage(Message::text(text)), {}}, bound);
  }
  /// Everything that is to be done, until there is nothing.
  Lines run() {
    Lines lines;
    REQUIRE(order.take_turn());
    for (;;) {
      RoomAction action = order.next(has_local, [this](const room_news::Message&) { return is_turn; });
      lines.push_back(std::visit([](auto& one) { return line(one); }, action));
      if (lines.back() == "rest" || lines.back() == "retire") return lines;
    }
  }

  static std::string name(const RoomChange& change) {
    return std::visit([](const auto& one) { return one.request; }, change);
  }
  static std::string line(const room_action::Rest& /*action*/) { return "rest"; }
  static std::string line(const room_action::Retire& /*action*/) { return "retire"; }
  static std::string line(const room_action::Ask& action) {
    return "ask " + name(*action.change) + " " + std::to_string(action.number);
  }
  static std::string line(const room_action::Finish& action) { return "finish " + name(action.change); }
  static std::string line(const room_action::See& action) {
    return "see v" + std::to_string(action.state.version) + " after " + std::to_string(action.news_before);
  }
  static std::string line(const room_action::Handle& action) {
    if (const auto* change = std::get_if<room_news::Change>(&action.news))
      return "change " + change->change.member.id;
    if (const auto* message = std::get_if<room_news::Message>(&action.news)) {
      return "message " + std::string(message->owned.message().payload);
    }
    const auto& resync = std::get<room_news::Resync>(action.news);
    return resync.missed == Missed::messages ? "resync messages" : "resync changes";
  }

  RoomOrder order;
  bool has_local = true;
  bool is_turn = true;
  std::size_t bound = 0;
};

}  // namespace

TEST_CASE("room order: one change is asked for at a time, and the next when it has its answer") {
  Script s;
  s.join("a");
  s.leave("b");
  CHECK(s.run() == Lines{"ask a 1", "rest"});
  s.answer(1);
  CHECK(s.run() == Lines{"finish a", "ask b 2", "rest"});
  s.answer(2);
  CHECK(s.run() == Lines{"finish b", "rest"});
}

TEST_CASE("room order: an answer counts once") {
  Script s;
  s.leave("a");
  s.leave("b");
  (void)s.run();
  s.answer(1);
  s.answer(1);
  CHECK(s.run() == Lines{"finish a", "ask b 2", "rest"});
  s.answer(1);
  CHECK(s.run() == Lines{"rest"});
}

TEST_CASE("room order: news come in their order, while the store is asked too") {
  Script s;
  s.leave("a");
  (void)s.run();
  s.change("x");
  s.message("m");
  s.answer(1);
  s.change("y");
  CHECK(s.run() == Lines{"change x", "message m", "finish a", "change y", "rest"});
}

TEST_CASE("room order: while it looks everything waits, and it does what the snapshot brings first") {
  Script s;
  const auto number = s.order.look();
  s.change("x");
  s.leave("a");
  CHECK(s.run() == Lines{"rest"});
  s.order.snapshot_came(number + 1, {}, {9, {}});  // of another look
  CHECK(s.run() == Lines{"rest"});
  s.order.snapshot_came(number, {}, {3, {}});
  s.change("y");
  s.order.snapshot_came(number, {}, {4, {}});  // once
  REQUIRE(s.order.take_turn());
  RoomAction action = s.order.next(true, [](const room_news::Message&) { return true; });
  REQUIRE(std::holds_alternative<room_action::See>(action));
  CHECK(Script::line(std::get<room_action::See>(action)) == "see v3 after 1");
  s.order.saw();
  s.order.break_off();
  CHECK(s.run() == Lines{"change x", "change y", "ask a 1", "rest"});
}

TEST_CASE("room order: a message that has to wait for its turn keeps everything behind it waiting") {
  Script s;
  s.is_turn = false;
  s.message("m");
  s.change("x");
  s.leave("a");
  CHECK(s.run() == Lines{"rest"});
  CHECK(s.order.state() == RoomOrder::State::halted);
  s.is_turn = true;
  s.order.resume();
  CHECK(s.run() == Lines{"message m", "change x", "ask a 1", "rest"});
}

TEST_CASE("room order: without members and things to do it retires, and takes nothing any more") {
  Script s;
  s.has_local = false;
  s.leave("a");
  CHECK(s.run() == Lines{"ask a 1", "rest"});
  s.answer(1);
  CHECK(s.run() == Lines{"finish a", "retire"});
  RoomChange change = room_change::Leave{nullptr, LeaveReason::leave, "late", {}};
  CHECK_FALSE(s.order.submit(change));
  CHECK(std::get<room_change::Leave>(change).request == "late");
  s.change("x");
  CHECK(s.run() == Lines{"retire"});
}

TEST_CASE("room order: a router that ends retires it; who waits for an answer gets it") {
  Script s;
  s.leave("a");
  s.leave("b");
  (void)s.run();
  s.has_local = false;
  s.order.retire();
  s.answer(1);
  CHECK(s.run() == Lines{"finish a", "ask b 2", "rest"});
  s.answer(2);
  CHECK(s.run() == Lines{"finish b", "retire"});
}

TEST_CASE("room order: a turn that an exception has broken off is taken up again with the next that comes") {
  Script s;
  s.change("x");
  REQUIRE(s.order.take_turn());
  CHECK_FALSE(s.order.take_turn());
  s.order.break_off();
  CHECK(s.run() == Lines{"change x", "rest"});
}

TEST_CASE(
    "room order: over the bound all that comes is dropped, but for answers, until it asks for a snapshot") {
  Script s;
  s.bound = 10'000;
  s.leave("a");
  (void)s.run();
  (void)s.order.look();
  for (int i = 0; i < 1000; ++i) s.change("x", 1'000);
  s.answer(1);
  for (int i = 0; i < 1000; ++i) s.message(std::string(1'000, 'm'));
  CHECK(s.order.news() < 12);
  s.order.saw();
  const Lines lines = s.run();
  CHECK(std::ranges::count(lines, "resync messages") == 1);
  CHECK(lines[lines.size() - 3] == "resync messages");
  CHECK(lines[lines.size() - 2] == "finish a");
  (void)s.order.look();
  s.message("m");
  s.order.saw();
  CHECK(s.run() == Lines{"message m", "rest"});
}

TEST_CASE("room order: a message is taken whatever its size if nothing waits") {
  Script s;
  s.bound = 10;
  (void)s.order.look();
  s.message(std::string(1'000, 'm'));
  CHECK(s.order.news() == 1);
  s.order.saw();
  CHECK(s.run().size() == 2);
}

TEST_CASE("room order: of lists that ask the same one after the other one is enough") {
  Script s;
  s.leave("a");
  (void)s.run();
  for (const std::string name : {"1", "1", "2", "1"}) s.list(name);
  s.answer(1);
  CHECK(s.run() == Lines{"finish a", "ask 1 2", "rest"});
  s.answer(2);
  CHECK(s.run() == Lines{"finish 1", "ask 2 3", "rest"});
  s.answer(3);
  CHECK(s.run() == Lines{"finish 2", "ask 1 4", "rest"});
}
