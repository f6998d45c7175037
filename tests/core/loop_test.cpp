#include "core/loop.hpp"

#include <doctest/doctest.h>

#include <boost/asio/execution.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "signaling/testing/fake_clock.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

/// Like a strand: one of many of an execution context, that can only be compared.
class Strand {
 public:
  Strand(boost::asio::io_context& io, int number, std::size_t& comparisons) noexcept
      : io_(&io), number_(number), comparisons_(&comparisons) {}

  template <class Function>
  void execute(Function function) const {
    boost::asio::post(*io_, std::move(function));
  }
  boost::asio::execution_context& query(boost::asio::execution::context_t /*property*/) const noexcept {
    return *io_;
  }
  static constexpr boost::asio::execution::blocking_t query(
      boost::asio::execution::blocking_t /*property*/) noexcept {
    return boost::asio::execution::blocking.never;
  }
  friend bool operator==(const Strand& a, const Strand& b) noexcept {
    ++*a.comparisons_;
    return a.number_ == b.number_;
  }

 private:
  boost::asio::io_context* io_;
  int number_;
  std::size_t* comparisons_;
};

}  // namespace

TEST_CASE("loops: peers of one executor share one; of executors that come and go nothing stays") {
  boost::asio::io_context io;
  boost::asio::io_context other;
  FakeClock clock;
  Loops loops(clock, Deadlines::Driver::host);
  const auto first = loops.of(io.get_executor());
  CHECK(loops.of(io.get_executor()) == first);
  CHECK(loops.of(other.get_executor()) != first);
  first->traffic(0).sent(1, 10);
  for (int i = 0; i < 1000; ++i) {
    std::size_t comparisons = 0;
    loops.of(Strand(io, i, comparisons))->traffic(0).sent(1, 10);
  }
  CHECK(loops.of(io.get_executor()) == first);
  ProtocolTraffic traffic;
  loops.add_traffic(0, traffic);
  CHECK(traffic.messages_out == 1001);
  CHECK(traffic.bytes_out == 10'010);
}

TEST_CASE("loops: a strand for each connection costs no more for the last than for the first") {
  boost::asio::io_context io;
  FakeClock clock;
  Loops loops(clock, Deadlines::Driver::host);
  std::size_t comparisons = 0;
  std::vector<std::shared_ptr<Loop>> used;
  constexpr int strands = 5'000;
  for (int i = 0; i < strands; ++i) used.push_back(loops.of(Strand(io, i, comparisons)));
  CHECK(comparisons <= 100U * strands);
}

TEST_CASE(
    "loop: a host that polls its executor inside a callback disturbs no order, and nobody is left out") {
  ScriptWorld world;
  auto a = world.client("a");
  std::vector<std::string> heard;
  std::vector<LocalPeer> locals;
  for (const std::string id : {"x", "y"}) {
    LocalPeerOptions options;
    options.executor = world.io.get_executor();
    options.id = id;
    options.on_event = [&, id](const Event& event) {
      const auto* const message = std::get_if<event::Message>(&event);
      if (message == nullptr) return;
      if (id == "x" && heard.empty()) {
        heard.push_back("x first");
        // What comes now waits behind what has come before.
        a->say("cast r third");
        world.io.poll();
        return;
      }
      heard.push_back(id + " " + std::string(message->message.payload));
    };
    locals.push_back(world.router.connect_local(std::move(options)));
    locals.back()->join("r");
  }
  a->say("join r");
  world.run();
  a->say("cast r first");
  a->say("cast r second");
  world.run();
  CHECK(heard == Lines{"x first", "x second", "y first", "y second", "y third", "x third"});
  for (const auto& local : locals) local->close(CloseReason::normal);
  world.run();
}

TEST_CASE(
    "loop: what a callback posts to the executor after it has sent a message finds the message flushed") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  LocalPeerOptions options;
  options.executor = world.io.get_executor();
  options.id = "x";
  Lines heard;
  options.on_event = [&](const Event& event) {
    if (!std::holds_alternative<event::Message>(event)) return;
    a->say("send b hello");
    boost::asio::post(world.io, [&] { heard = b->heard(); });
  };
  const auto x = world.router.connect_local(std::move(options));
  x->join("r");
  world.run();
  (void)b->heard();
  a->say("send x go");
  world.run();
  CHECK(heard == Lines{"msg a hello"});
  x->close(CloseReason::normal);
  world.run();
}
