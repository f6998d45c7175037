#include "core/mailbox.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <string>

#include "signaling/testing/fake_clock.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

class WordEncoder final : public Encoder {
 public:
  void encode(const Event& event, std::vector<Frame>& frames) const override {
    if (const auto* pong = std::get_if<event::Pong>(&event)) frames.push_back(Frame::text(pong->request));
  }
};

// Its calls, and those to the owner, in the order in which they came.
struct Calls {
  std::vector<std::string> all;
};

class FakeTransport final : public Transport {
 public:
  FakeTransport(boost::asio::io_context& io, Calls& calls) : io_(io), calls_(calls) {}
  boost::asio::any_io_executor executor() override { return io_.get_executor(); }
  void write(std::span<const Frame> frames) override {
    if (is_failing) throw std::runtime_error("no");
    std::string words = "write";
    for (const Frame& frame : frames) words += " " + std::string(frame.text_view());
    calls_.all.push_back(words);
  }
  void probe(std::chrono::milliseconds time) override {
    calls_.all.push_back("probe " + std::to_string(time.count()));
  }
  void close(CloseReason reason) override { calls_.all.push_back("close " + std::string(to_string(reason))); }

  bool is_failing = false;

 private:
  boost::asio::io_context& io_;
  Calls& calls_;
};

struct Fixture;

class FakePeer final : public Mailbox::Owner, public std::enable_shared_from_this<FakePeer> {
 public:
  FakePeer(Fixture& fixture, const std::shared_ptr<Loop>& loop);
  std::shared_ptr<Mailbox> mailbox() noexcept override { return {shared_from_this(), &box}; }
  std::string_view language() const noexcept override { return "test"; }
  void moved_from(const RoomId& /*room*/, const RoomPicture& /*picture*/) override {}
  void ended(CloseReason reason) override {
    calls_.all.push_back("ended " + std::string(to_string(reason)));
    if (outlives) box.detach();
  }

  bool outlives = false;

 private:
  Calls& calls_;

 public:
  Mailbox box;
};

struct Fixture {
  explicit Fixture(const Limits& given = {}) : limits(given) {}

  void push(std::string_view word, SendStatus status, errc error = errc::ok,
            IfFull if_full = IfFull::refuse) {
    CAPTURE(word);
    const Frame frame = Frame::text(word);
    const SendResult result = peer->box.push({&frame, 1}, if_full);
    CHECK(result.status == status);
    CHECK(result.error == error);
  }
  void push_state(std::string_view word, std::uint8_t state) {
    const Frame frame = FrameBuilder(word.size()).append(word).finish(MessageKind::text, state);
    CHECK(peer->box.push({&frame, 1}, IfFull::close).status != SendStatus::dropped);
  }
  std::vector<std::string> run() {
    io.restart();
    io.poll();
    return std::exchange(calls.all, {});
  }

  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    loop->deadlines()->run_due();
  }

  Calls calls;
  boost::asio::io_context io{1};
  FakeTransport transport{io, calls};
  FakeClock clock;
  Loops loops{clock, Deadlines::Driver::host};
  CurrentLimits limits;
  std::shared_ptr<Loop> loop = loops.of(io.get_executor());
  std::shared_ptr<FakePeer> peer = std::make_shared<FakePeer>(*this, loop);
};

FakePeer::FakePeer(Fixture& fixture, const std::shared_ptr<Loop>& loop)
    : calls_(fixture.calls),
      box(*this, loop, fixture.transport, std::make_shared<WordEncoder>(), 0, fixture.limits) {}

Limits with_outbound(std::size_t bytes) {
  Limits limits;
  limits.max_message_bytes = bytes;
  limits.max_outbound_bytes = bytes;
  return limits;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("mailbox: what gathers until the loop runs goes to the transport at once, in order") {
  Fixture world;
  world.push("one", SendStatus::sent);
  world.peer->box.tell(event::Pong{"two"});
  world.push("three", SendStatus::sent);
  CHECK(world.calls.all.empty());
  CHECK(world.run() == Lines{"write one two three"});
  CHECK(world.run().empty());
  world.push("four", SendStatus::queued);  // the transport has not written the others yet
  CHECK(world.run() == Lines{"write four"});
}

TEST_CASE("mailbox: many messages wake the executor once") {
  Fixture world;
  for (int i = 0; i < 100; ++i) world.push("x", SendStatus::sent);
  CHECK(world.io.poll() == 1);
}

TEST_CASE("mailbox: an event without a frame in the peer's language is refused") {
  Fixture world;
  const Event event = event::Error{errc::internal, {}, {}};
  EncodedEvent encoded(event);
  CHECK(world.peer->box.push(encoded, IfFull::close).error == errc::unknown_type);
  CHECK(world.run().empty());
}

TEST_CASE("mailbox: an end comes behind what waits, for the first reason, and nothing comes after it") {
  Fixture world;
  world.push("last", SendStatus::sent);
  world.peer->box.close(CloseReason::kicked);
  world.peer->box.close(CloseReason::normal);
  world.push("late", SendStatus::dropped, errc::closed);
  CHECK(world.run() == Lines{"write last", "ended kicked", "close kicked"});
  world.peer->box.close(CloseReason::normal);
  world.push("later", SendStatus::dropped, errc::closed);
  CHECK(world.run().empty());
}

TEST_CASE(
    "mailbox: what comes behind the end of a link waits for the next, and nothing is lost between them") {
  Fixture world;
  world.peer->outlives = true;
  world.push("one", SendStatus::sent);
  world.peer->box.end_link(CloseReason::going_away);
  world.push("two", SendStatus::sent);
  CHECK(world.run() == Lines{"write one two", "ended going-away"});
  world.push("three", SendStatus::queued);
  CHECK(world.run().empty());
  CHECK(world.peer->box.dropped() == 0);
  CHECK(world.peer->box.take_waiting().size() == 1);
}

TEST_CASE("mailbox: the end of the peer counts also behind the end of its link") {
  Fixture world;
  world.peer->box.end_link(CloseReason::going_away);
  world.peer->box.end_link(CloseReason::lost);
  world.peer->box.close(CloseReason::kicked);
  world.push("late", SendStatus::dropped, errc::closed);
  CHECK(world.run() == Lines{"ended kicked", "close kicked"});
}

TEST_CASE("mailbox: it is crowded while more than max_outbound_bytes waits, here and in the transport") {
  Fixture world(with_outbound(10));
  world.push("12345678", SendStatus::sent);
  CHECK(world.run() == Lines{"write 12345678"});
  CHECK(world.peer->box.bytes() == 8);
  world.push("90", SendStatus::queued);
  CHECK_FALSE(world.peer->box.is_crowded());
  world.push("1", SendStatus::crowded);
  CHECK(world.peer->box.is_crowded());
  CHECK(world.run() == Lines{"write 90 1"});
  world.peer->box.written(1);
  CHECK_FALSE(world.peer->box.is_crowded());
  CHECK(world.peer->box.bytes() == 10);
}

TEST_CASE(
    "mailbox: beyond four times the limit messages are refused, and beyond sixteen an event closes the "
    "peer") {
  Fixture world(with_outbound(10));
  const std::string ten(10, 'x');
  world.push(ten, SendStatus::sent);
  std::string written = "write " + ten;
  for (int i = 0; i < 3; ++i) {
    world.push(ten, SendStatus::crowded);
    written += " " + ten;
  }
  world.push("1", SendStatus::dropped, errc::slow_consumer);
  CHECK(world.run() == Lines{written});
  for (int i = 0; i < 12; ++i) world.push(ten, SendStatus::crowded, errc::ok, IfFull::close);
  world.run();
  world.push("1", SendStatus::dropped, errc::slow_consumer, IfFull::close);
  CHECK(world.run() == Lines{"ended slow-consumer", "close slow-consumer"});
}

TEST_CASE("mailbox: who sends much to those that are behind leaves half of the share of messages to others") {
  Fixture world(with_outbound(10));
  const std::string ten(10, 'x');
  world.push(ten, SendStatus::sent, errc::ok, IfFull::refuse_half);
  world.push(ten, SendStatus::crowded, errc::ok, IfFull::refuse_half);
  world.push("1", SendStatus::dropped, errc::slow_consumer, IfFull::refuse_half);
  CHECK_FALSE(world.peer->box.is_over_messages());
  for (int i = 0; i < 2; ++i) world.push(ten, SendStatus::crowded);
  CHECK_FALSE(world.peer->box.is_over_messages());
  world.push("1", SendStatus::crowded, errc::ok, IfFull::close);
  CHECK(world.peer->box.is_over_messages());
}

TEST_CASE(
    "mailbox: beyond the share of messages, who tells of changes waits twice as long for each time the "
    "limit") {
  using std::chrono::milliseconds;
  Fixture world(with_outbound(10));
  const Mailbox& box = world.peer->box;
  const std::string ten(10, 'x');
  for (int i = 0; i < 4; ++i) world.push(ten, i == 0 ? SendStatus::sent : SendStatus::crowded);
  CHECK(box.hold_for_event() == milliseconds(20));
  for (const int expected : {40, 80, 160, 320, 640, 1280, 2560, 5120, 10'000, 10'000}) {
    world.push(ten, SendStatus::crowded, errc::ok, IfFull::close);
    CHECK(box.hold_for_event() == milliseconds(expected));
  }
}

TEST_CASE("mailbox: of several times to wait the longest counts, once") {
  using std::chrono::milliseconds;
  Fixture world;
  Mailbox& box = world.peer->box;
  CHECK(box.take_hold() == milliseconds(0));
  box.hold_back(milliseconds(40));
  box.hold_back();
  box.hold_back(milliseconds(30));
  CHECK(box.take_hold() == milliseconds(40));
  CHECK(box.take_hold() == milliseconds(0));
  box.hold_back();
  CHECK(box.take_hold() == milliseconds(20));
}

TEST_CASE("mailbox: a reader is slow if it reads too little for ten seconds while it is crowded") {
  Fixture world(with_outbound(1600));
  const std::string large(1000, 'x');
  world.push(large, SendStatus::sent);
  world.push(large, SendStatus::crowded);
  world.run();
  SUBCASE("nothing") {
    world.pass(std::chrono::milliseconds(9'999));
    CHECK(world.run().empty());
    world.pass(std::chrono::milliseconds(1));
    CHECK(world.run() == Lines{"ended slow-consumer", "close slow-consumer"});
  }
  SUBCASE("less than a sixteenth of the limit") {
    world.peer->box.written(99);
    world.pass(std::chrono::seconds(10));
    CHECK(world.run() == Lines{"ended slow-consumer", "close slow-consumer"});
  }
  SUBCASE("a sixteenth: it stays, and has ten seconds more") {
    world.peer->box.written(100);
    world.pass(std::chrono::seconds(10));
    CHECK(world.run().empty());
    world.peer->box.written(99);
    world.pass(std::chrono::seconds(10));
    CHECK(world.run() == Lines{"ended slow-consumer", "close slow-consumer"});
  }
  SUBCASE("after it has caught up, nothing is timed") {
    world.peer->box.written(500);
    world.pass(std::chrono::seconds(10));
    CHECK(world.run().empty());
    CHECK(world.loop->deadlines()->is_empty());
  }
  SUBCASE("after it has gone, nothing is timed") {
    world.peer->box.disconnect();
    CHECK(world.loop->deadlines()->is_empty());
  }
}

TEST_CASE("mailbox: a quiet reader that is not crowded may take its time") {
  Fixture world(with_outbound(10));
  world.push("1234567890", SendStatus::sent);
  world.run();
  world.pass(std::chrono::hours(1));
  CHECK(world.run().empty());
}

TEST_CASE(
    "mailbox: a frame that tells a whole state takes the place of the one before it that tells the same") {
  Fixture world;
  world.push("a", SendStatus::sent);
  world.push_state("old", 1);
  world.push_state("newer", 1);
  world.push_state("new", 1);
  world.push_state("other", 2);
  CHECK(world.peer->box.bytes() == 1 + 3 + 5);
  CHECK(world.run() == Lines{"write a new other"});
  world.push_state("newest", 1);
  CHECK(world.run() == Lines{"write newest"});
}

TEST_CASE("mailbox: what is behind a state keeps the state, since it may need it") {
  Fixture world;
  world.push_state("old", 1);
  world.push("a", SendStatus::sent);
  world.push_state("new", 1);
  CHECK(world.run() == Lines{"write old a new"});
}

TEST_CASE(
    "mailbox: while the transport has more than max_outbound_bytes, a state waits, and all that is behind "
    "it") {
  Fixture world(with_outbound(10));
  world.push_state("a state of its own, however long", 1);
  CHECK(world.run() == Lines{"write a state of its own, however long"});
  world.push("a", SendStatus::crowded);
  world.push_state("old", 1);
  world.push_state("new", 1);
  world.push("b", SendStatus::crowded);
  CHECK(world.run() == Lines{"write a"});
  CHECK(world.peer->box.bytes() == 32 + 1 + 3 + 1);
  world.peer->box.written(22);
  CHECK(world.run().empty());
  world.peer->box.written(1);
  CHECK(world.run() == Lines{"write new b"});
  world.push_state("kept", 1);
  world.push_state("kept", 2);
  CHECK(world.run().empty());
  SUBCASE("a close takes it along") {
    world.peer->box.close(CloseReason::normal);
    CHECK(world.run() == Lines{"write kept kept", "ended normal", "close normal"});
  }
  SUBCASE("a disconnect drops it") {
    world.peer->box.disconnect();
    world.peer->box.written(10);
    CHECK(world.run().empty());
  }
}

TEST_CASE("mailbox: however many states come for a peer that does not read, it is not closed for them") {
  Fixture world(with_outbound(10));
  world.push("1234567890", SendStatus::sent);
  world.run();
  for (int i = 0; i < 1'000; ++i) {
    world.push_state("0123456789", 1);
    CHECK(world.run() == (i == 0 ? Lines{"write 0123456789"} : Lines{}));
  }
  CHECK(world.peer->box.bytes() == 30);
}

TEST_CASE("mailbox: an empty one takes a message beyond max_outbound_bytes") {
  Fixture world(with_outbound(4));
  world.push("12345678", SendStatus::sent);
  CHECK(world.run() == Lines{"write 12345678"});
}

TEST_CASE("mailbox: a volatile message leaves half of it to others, and closes nobody") {
  Fixture world(with_outbound(10));
  world.push("1234", SendStatus::sent, errc::ok, IfFull::drop_early);
  world.push("56", SendStatus::dropped, errc::slow_consumer, IfFull::drop_early);
  world.push("5", SendStatus::sent, errc::ok, IfFull::drop_early);
  world.push("67890", SendStatus::sent);
  CHECK(world.run() == Lines{"write 1234 5 67890"});
}

TEST_CASE("mailbox: a transport that is gone is not touched, and nothing waits for it") {
  Fixture world;
  world.push("one", SendStatus::sent);
  world.peer->box.disconnect();
  CHECK(world.peer->box.bytes() == 0);
  world.push("two", SendStatus::dropped, errc::closed);
  CHECK(world.run().empty());
}

TEST_CASE("mailbox: a transport that throws is closed as internal, and the exception leaves the executor") {
  Fixture world;
  world.transport.is_failing = true;
  world.push("one", SendStatus::sent);
  CHECK_THROWS_AS(world.io.poll(), std::runtime_error);
  CHECK(world.calls.all == Lines{"ended internal", "close internal"});
  world.push("two", SendStatus::dropped, errc::closed);
}

TEST_CASE("mailbox: one that waits to be flushed keeps its peer") {
  Fixture world;
  const std::weak_ptr<FakePeer> peer = world.peer;
  world.push("one", SendStatus::sent);
  world.peer.reset();
  CHECK_FALSE(peer.expired());
  CHECK(world.run() == Lines{"write one"});
  CHECK(peer.expired());
}

TEST_CASE("mailbox: a probe goes to the transport behind what waits, once, and takes no room") {
  Fixture world(with_outbound(4));
  world.push("four", SendStatus::sent);
  for (const int time : {100, 200}) {
    const Frame probe = Frame::probe(std::chrono::milliseconds(time));
    CHECK(world.peer->box.push({&probe, 1}, IfFull::refuse).status == SendStatus::sent);
  }
  CHECK(world.peer->box.bytes() == 4);
  CHECK(world.run() == Lines{"write four", "probe 200"});
  CHECK(world.run().empty());
  const Frame alone = Frame::probe(std::chrono::milliseconds(300));
  CHECK(world.peer->box.push({&alone, 1}, IfFull::refuse).status == SendStatus::sent);
  CHECK(world.run() == Lines{"probe 300"});
}
