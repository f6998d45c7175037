// What the host's code throws, and memory that is out, costs what it came in, and nothing after it.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <functional>
#include <new>
#include <optional>
#include <stdexcept>

#include "core/deadlines.hpp"
#include "signaling/core/memory_store.hpp"
#include "signaling/testing/fake_clock.hpp"
#include "support/script_world.hpp"

namespace {

// Of the allocations of this thread: so many succeed, and the next does not.
thread_local std::optional<std::size_t> allocations_left;

void* allocate(std::size_t size) {
  if (allocations_left && (*allocations_left)-- == 0) {
    allocations_left.reset();
    throw std::bad_alloc();
  }
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
// Algorithms ask for it, and do with less memory.
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  try {
    return allocate(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }

using namespace signaling;
using namespace signaling::testing;

namespace {

/// Runs `function` with the allocation `n` failing. False: it has fewer.
template <class Function>
bool fails_at(std::size_t n, Function function) {
  allocations_left = n;
  try {
    function();
  } catch (const std::bad_alloc&) {  // for whoever called
  }
  return !std::exchange(allocations_left, std::nullopt);
}

/// A language whose encoder throws when it is told to.
class FragileProtocol final : public Protocol {
 public:
  class FragileEncoder final : public Encoder {
   public:
    void encode(const Event& event, std::vector<Frame>& frames) const override {
      if (is_broken) throw std::runtime_error("encoder");
      text_.encode(event, frames);
    }
    bool is_broken = false;

   private:
    TextEncoder text_;
  };

  explicit FragileProtocol(std::shared_ptr<FragileEncoder> encoder) : encoder_(std::move(encoder)) {}
  std::string_view name() const noexcept override { return "fragile"; }
  void decode(const MessageView& message, std::vector<Command>& commands) override {
    text_.decode(message, commands);
  }
  const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }

 private:
  TextProtocol text_;
  std::shared_ptr<const Encoder> encoder_;
};

/// A connection whose parts throw when they are told to.
class FragileClient final : public Transport {
 public:
  FragileClient(ScriptWorld& world, std::string id) : executor_(world.io.get_executor()) {
    ConnectInfo info;
    info.wished_id = std::move(id);
    link_ = world.router.connect(*this, std::make_unique<FragileProtocol>(encoder), info);
  }
  FragileClient(const FragileClient&) = delete;
  FragileClient& operator=(const FragileClient&) = delete;

  void say(std::string_view line) { link_.receive({MessageKind::text, line}); }
  Lines heard() { return std::exchange(lines_, {}); }

  boost::asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const Frame> frames) override {
    if (throws_on_write) throw std::runtime_error("write");
    for (const Frame& frame : frames) {
      lines_.emplace_back(frame.text_view());
      link_.written(frame.size());
    }
  }
  void close(CloseReason reason) override {
    closed = reason;
    link_.disconnect(reason);
  }

  std::shared_ptr<FragileProtocol::FragileEncoder> encoder =
      std::make_shared<FragileProtocol::FragileEncoder>();
  bool throws_on_write = false;
  std::optional<CloseReason> closed;

 private:
  boost::asio::any_io_executor executor_;
  Lines lines_;
  Link link_;
};

/// Two in a room, and a check that the room goes on.
struct Talk {
  explicit Talk(RouterOptions options = {}) : world(std::move(options)) {
    for (auto* client : {a.get(), b.get()}) client->say("join r");
    world.run();
    for (auto* client : {a.get(), b.get()}) (void)client->heard();
  }
  void expect_to_go_on() {
    world.run();
    auto c = world.client("listener");
    auto d = world.client("speaker");
    c->say("join r");
    d->say("join r");
    d->say("cast r hello");
    world.run();
    const Lines heard = c->heard();
    REQUIRE(heard.size() == 4);
    CHECK(heard[1].starts_with("joined r"));
    CHECK(heard[2].starts_with("+peer r"));
    CHECK(heard[3] == "msg speaker hello");
    for (auto* client : {c.get(), d.get()}) client->cut(CloseReason::lost);
    world.run();
  }

  ScriptWorld world;
  std::unique_ptr<ScriptClient> a = world.client("a");
  std::unique_ptr<ScriptClient> b = world.client("b");
};

/// An executor of the host. `before` runs first, wherever something is posted.
class HookedExecutor {
 public:
  HookedExecutor(boost::asio::io_context& io, std::function<void()>& before) noexcept
      : io_(&io), before_(&before) {}

  template <class Function>
  void execute(Function function) const {
    if (*before_) (*before_)();
    boost::asio::post(*io_, std::move(function));
  }
  boost::asio::execution_context& query(boost::asio::execution::context_t /*property*/) const noexcept {
    return *io_;
  }
  static constexpr boost::asio::execution::blocking_t query(
      boost::asio::execution::blocking_t /*property*/) noexcept {
    return boost::asio::execution::blocking.never;
  }
  friend bool operator==(const HookedExecutor&, const HookedExecutor&) noexcept = default;

 private:
  boost::asio::io_context* io_;
  std::function<void()>* before_;
};

}  // namespace

TEST_CASE("exceptions: of on_event it leaves the executor, and the events behind it come nevertheless") {
  Talk talk;
  Lines heard;
  LocalPeerOptions options;
  options.executor = talk.world.io.get_executor();
  options.id = "local";
  options.on_event = [&](const Event& event) {
    const auto* const message = std::get_if<event::Message>(&event);
    if (message == nullptr) return;
    heard.emplace_back(message->message.payload);
    if (heard.size() == 1) throw std::runtime_error("on_event");
  };
  const auto local = talk.world.router.connect_local(std::move(options));
  local->join("r");
  talk.world.run();
  (void)talk.b->heard();
  for (const std::string_view line : {"cast r 1", "cast r 2", "send b 3"}) talk.a->say(line);
  CHECK_THROWS_AS(talk.world.run(), std::runtime_error);
  talk.world.run();
  CHECK(heard == Lines{"1", "2"});
  CHECK(local->outbound_bytes() == 0);
  CHECK(talk.b->heard() == Lines{"msg a 1", "msg a 2", "msg a 3"});
  talk.expect_to_go_on();
  local->close(CloseReason::normal);
  talk.world.run();
}

TEST_CASE(
    "exceptions: a transport that throws from write is closed, and the others of its executor are written "
    "to") {
  Talk talk;
  FragileClient c(talk.world, "c");
  c.say("join r");
  talk.world.run();
  (void)talk.b->heard();
  c.throws_on_write = true;
  talk.a->say("send c 1");
  talk.a->say("send b 2");
  CHECK_THROWS_AS(talk.world.run(), std::runtime_error);
  talk.world.run();
  CHECK(c.closed == CloseReason::internal);
  CHECK(talk.b->heard() == Lines{"msg a 2", "-peer r v4 c disconnect"});
  talk.expect_to_go_on();
}

TEST_CASE("exceptions: of an encoder it refuses the join that came to it; the room goes on") {
  Talk talk;
  FragileClient c(talk.world, "c");
  c.say("join r");
  talk.world.run();
  c.encoder->is_broken = true;
  auto d = talk.world.client("d");
  d->say("#1 join r");
  talk.world.run();
  CHECK(d->heard() == Lines{"welcome d", "joined r v4 [a b c] #1", "error internal #1"});
  c.encoder->is_broken = false;
  talk.expect_to_go_on();
  d->say("#2 join r");
  talk.world.run();
  CHECK(d->heard().back().starts_with("joined r"));
}

TEST_CASE("exceptions: who leaves is gone, also if an encoder cannot tell the others") {
  Talk talk;
  FragileClient c(talk.world, "c");
  c.say("join r");
  auto d = talk.world.client("d");
  d->say("join r");
  talk.world.run();
  c.encoder->is_broken = true;
  d->say("#1 leave r");
  talk.world.run();
  CHECK(d->heard().back() == "left r leave #1");
  CHECK(talk.world.router.find_room("r")->size() == 3);
  c.encoder->is_broken = false;
  talk.expect_to_go_on();
}

TEST_CASE("exceptions: an executor that cannot be woken is woken for the next message, which brings both") {
  Talk talk;
  std::function<void()> before;
  ConnectInfo info;
  info.wished_id = "c";
  ScriptClient c(talk.world.router, HookedExecutor(talk.world.io, before), info);
  c.say("join r");
  talk.world.run();
  (void)c.heard();
  before = [] { throw std::runtime_error("execute"); };
  talk.a->say("send c 1");
  talk.world.run();
  CHECK(c.heard().empty());
  before = {};
  talk.a->say("send c 2");
  talk.world.run();
  CHECK(c.heard() == Lines{"msg a 1", "msg a 2"});
  talk.expect_to_go_on();
}

TEST_CASE("locks: none is held while an executor of the host is asked to run something") {
  Talk talk;
  std::function<void()> before;
  ConnectInfo info;
  info.wished_id = "c";
  ScriptClient c(talk.world.router, HookedExecutor(talk.world.io, before), info);
  c.say("join r");
  talk.world.run();
  int posts = 0;
  before = [&] {
    if (++posts > 1) return;  // what it sends posts too
    const auto room = talk.world.router.find_room("r");
    CHECK(room->size() >= 2);
    CHECK(room->members().size() == room->size());
    CHECK(talk.world.router.find_peer("c") != nullptr);
    CHECK(talk.world.router.stats().peers >= 3);
    Message message;
    message.room = "r";
    CHECK(talk.world.router.send(message).status != SendStatus::dropped);
  };
  const auto d = talk.world.client("d");
  talk.world.run();
  for (const std::string_view line : {"send c 1", "cast r 2", "update r 3", "leave r"}) {
    CAPTURE(line);
    posts = 0;
    talk.a->say(line);
    CHECK(posts >= 1);
    talk.world.run();
  }
  posts = 0;
  d->say("join r");
  CHECK(posts >= 1);
  talk.world.run();
  before = {};
}

TEST_CASE("exceptions: of a function that is due it ends that one, and the next run calls those behind it") {
  boost::asio::io_context io;
  FakeClock clock;
  const auto deadlines = std::make_shared<Deadlines>(io.get_executor(), clock, Deadlines::Driver::host);
  int calls = 0;
  const auto set = [&](Deadlines& all) {
    calls = 0;
    all.set(std::chrono::milliseconds(0), [] { throw std::runtime_error("deadline"); });
    all.set(std::chrono::milliseconds(0), [&] { ++calls; });
  };
  set(*deadlines);
  CHECK_THROWS_AS(deadlines->run_due(), std::runtime_error);
  deadlines->run_due();
  CHECK(calls == 1);
  CHECK(deadlines->is_empty());
  const auto timed = std::make_shared<Deadlines>(io.get_executor(), system_clock(), Deadlines::Driver::timer);
  set(*timed);
  CHECK_THROWS_AS(io.run(), std::runtime_error);
  io.run();
  CHECK(calls == 1);
}

TEST_CASE("exceptions: of a node's listener or of a handler it costs nothing that the store has for others") {
  struct Listener final : StoreListener {
    void changed(const MembershipChange& change) override {
      versions.push_back(change.version);
      if (throws) throw std::runtime_error("changed");
    }
    void delivered(const Message& /*message*/, const Route& /*route*/) override {}
    void commanded(const NodeCommand& /*command*/) override {}
    void invalidated(std::string_view /*room*/, Missed /*missed*/) override {}
    void displaced(std::string_view /*peer*/, Epoch /*epoch*/) override {}
    void undelivered(const Message& /*message*/, const Route& /*route*/, errc /*error*/) override {}
    void undelivered(const NodeCommand& /*command*/, errc /*error*/) override {}
    std::vector<Version> versions;
    bool throws = false;
  };
  MemoryStore store;
  Listener one;
  Listener two;
  store.open("n1", one, [](std::error_code) {});
  store.open("n2", two, [](std::error_code) {});
  const auto join = [&](const std::string& node, const std::string& peer, Epoch epoch) {
    int answers = 0;
    try {
      store.join({"r", {peer, node, epoch, {}, 0}, 0, 0},
                 [&](std::error_code, StateStore::Joined) { ++answers; });
    } catch (const std::runtime_error&) {
    }
    return answers;
  };
  CHECK(join("n1", "a", 1) == 1);
  CHECK(join("n2", "b", 2) == 1);
  one.throws = true;
  CHECK(join("n2", "c", 3) == 1);
  one.throws = false;
  CHECK(join("n2", "d", 4) == 1);
  CHECK(one.versions == std::vector<Version>{2, 3, 4});
  store.close("n1");
  store.close("n2");
}

TEST_CASE("memory: a join that any of its allocations ends leaves a room in which others join and talk") {
  for (std::size_t n = 0;; ++n) {
    CAPTURE(n);
    Talk talk;
    auto c = talk.world.client("c");
    talk.world.run();
    (void)c->heard();
    const bool has_failed = fails_at(n, [&] { c->say("#1 join r"); });
    talk.world.run();
    // It is in the room, or not; and its next request is answered, unless it was closed.
    c->say("#2 ping");
    talk.world.run();
    const Lines heard = c->heard();
    if (!c->closed()) CHECK(heard.back() == "pong #2");
    const auto members = talk.world.router.find_room("r")->members();
    const bool is_in = std::ranges::find(members, "c", &Member::id) != members.end();
    CHECK(is_in == (c->peer().rooms().size() == 1));
    talk.expect_to_go_on();
    if (!has_failed) break;
    REQUIRE(n < 1000);
  }
}

TEST_CASE("memory: a message that any of its allocations ends leaves its sender and receiver as they were") {
  for (const std::string_view line : {"#1 send b hi", "#1 cast r hi"}) {
    for (std::size_t n = 0;; ++n) {
      CAPTURE(n);
      Talk talk;
      const bool has_failed = fails_at(n, [&] { talk.a->say(line); });
      talk.world.run();
      if (!talk.a->closed()) {
        talk.a->say("#2 ping");
        talk.world.run();
        CHECK(talk.a->heard().back() == "pong #2");
      }
      if (!talk.a->closed() && !talk.b->closed()) talk.expect_to_go_on();
      if (!has_failed) break;
      REQUIRE(n < 1000);
    }
  }
}
