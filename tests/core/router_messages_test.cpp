// Who gets a message, in which order, and what of it.
#include <doctest/doctest.h>

#include "signaling/core/memory_store.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

TEST_CASE("router: a message reaches its addressee alone, in order, and only members of a shared room") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  auto d = world.client("d");
  for (auto* client : {a.get(), b.get(), c.get()}) client->say("join r");
  d->say("join other");
  world.run();
  for (auto* client : {a.get(), b.get(), c.get(), d.get()}) client->heard();
  a->say("#1 send b one");
  a->say("send b two");
  a->say("#3 send d three");
  a->say("#4 send nobody four");
  world.run();
  CHECK(a->heard() == Lines{"sent #1", "error peer_not_found #3", "error peer_not_found #4"});
  CHECK(b->heard() == Lines{"msg a one", "msg a two"});
  CHECK(c->heard().empty());
  CHECK(d->heard().empty());
}

TEST_CASE("router: nothing from a peer arrives after its leave") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  world.run();
  a->heard();
  b->say("send a before");
  b->say("leave r");
  b->say("send a after");
  b->say("cast r after");
  world.run();
  CHECK(a->heard() == Lines{"msg b before", "-peer r v3 b leave"});
  const Lines lines = b->heard();
  CHECK(Lines(lines.end() - 2, lines.end()) == Lines{"error peer_not_found", "error not_joined"});
}

TEST_CASE("router: peers that share no room do not reach each other, and cannot tell who is there") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  world.run();
  b->heard();
  a->heard();
  a->say("#1 send b hello");
  a->say("#2 send nobody hello");
  a->say("join r");
  a->say("#3 send b hello");
  world.run();
  CHECK(b->heard().empty());
  CHECK(a->heard() == Lines{"error peer_not_found #1", "error peer_not_found #2", "joined r v1 []",
                            "error peer_not_found #3"});
}

TEST_CASE("router: strangers reach each other by id where the host allows it") {
  RouterOptions options;
  options.strangers = Strangers::reachable;
  ScriptWorld world(options);
  auto a = world.client("a");
  auto b = world.client("b");
  world.run();
  b->heard();
  a->say("join r");
  a->say("send b hello");
  world.run();
  CHECK(b->heard() == Lines{"msg a hello"});
}

TEST_CASE("router: a broadcast reaches all others of the room in one shared frame") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  auto c = world.client("c");
  for (auto* client : {a.get(), b.get(), c.get()}) client->say("join r");
  world.run();
  for (auto* client : {a.get(), b.get(), c.get()}) client->heard();
  a->say("cast r hi");
  world.run();
  CHECK(a->heard().empty());
  CHECK(b->heard() == Lines{"msg a hi"});
  CHECK(c->heard() == Lines{"msg a hi"});
  CHECK(b->frames().back().message().data() == c->frames().back().message().data());
}

TEST_CASE("router: all that waits for one peer is written at once") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  world.run();
  const std::size_t before = b->writes();
  for (int i = 0; i < 10; ++i) a->say("send b x");
  world.run();
  CHECK(b->writes() == before + 1);
  CHECK(b->heard().size() == 12);
}

TEST_CASE("router: payload bytes pass untouched") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  const std::string odd("\x00\xff\r\n {\"x\": 1e400}\t", 19);
  world.run();
  b->heard();
  a->say("send b " + odd);
  world.run();
  CHECK(b->heard() == Lines{"msg a " + odd});
}

TEST_CASE("router: a message to everybody comes back to its sender") {
  ScriptWorld world;
  auto a = world.client("a");
  auto b = world.client("b");
  a->say("join r");
  b->say("join r");
  a->say("all r hi");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "joined r v1 []", "+peer r v2 b", "msg a hi"});
  CHECK(b->heard() == Lines{"welcome b", "joined r v2 [a]", "msg a hi"});
}

TEST_CASE("router: a protocol's own reply comes in order with the router's") {
  ScriptWorld world;
  auto a = world.client("a");
  a->say("reply one");
  a->say("ping");
  a->say("reply two");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "one", "pong", "two"});
}

TEST_CASE("router: the host's word reaches any peer and all of a room, on every node") {
  boost::asio::io_context io;
  const RouterOptions options = node_options();
  Router one(options);
  Router two(options);
  const auto client = [&](Router& router, std::string id) { return client_of(router, io, std::move(id)); };
  auto a = client(one, "a");
  auto b = client(two, "b");
  a->say("join r");
  b->say("join r");
  io.poll();
  a->heard();
  b->heard();
  CHECK(one.send(Message::text("1", {.to = "b"}), "host").status == SendStatus::sent);
  CHECK(one.send(Message::text("1", {.to = "nobody"}), "host").error == errc::peer_not_found);
  CHECK(one.send(Message::text("2", {.room = "r"}), "host").status == SendStatus::sent);
  io.restart();
  io.poll();
  CHECK(a->heard() == Lines{"msg host 2"});
  CHECK(b->heard() == Lines{"msg host 1", "msg host 2"});
}

TEST_CASE("router: a receiver sees the sender's metadata, as it is in the room") {
  struct Metadata final : Encoder {
    void encode(const Event& event, std::vector<Frame>& frames) const override {
      if (const auto* message = std::get_if<event::Message>(&event)) {
        frames.push_back(Frame::text(message->from_metadata));
      }
    }
  };
  struct Curious final : Protocol {
    std::string_view name() const noexcept override { return "curious"; }
    void open(std::string_view /*id*/, const Clock& /*clock*/, std::vector<Command>& commands) override {
      commands.emplace_back(command::Join{"r", {}, {}});
    }
    void decode(const MessageView& /*message*/, std::vector<Command>& /*commands*/) override {}
    const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }
    std::shared_ptr<const Encoder> encoder_ = std::make_shared<Metadata>();
  };
  struct Ear final : Transport {
    explicit Ear(boost::asio::any_io_executor e) : executor_(std::move(e)) {}
    boost::asio::any_io_executor executor() override { return executor_; }
    void write(std::span<const Frame> frames) override {
      for (const Frame& frame : frames) heard.emplace_back(frame.text_view());
    }
    void close(CloseReason reason) override { link.disconnect(reason); }
    Lines heard;
    boost::asio::any_io_executor executor_;
    Link link;
  };
  ScriptWorld world;
  Ear ear(world.io.get_executor());
  ear.link = world.router.connect(ear, std::make_unique<Curious>(), {});
  auto a = world.client("a");
  a->say("join r 1");
  a->say("cast r x");
  a->say("update r 2");
  a->say("send " + ear.link.peer()->id() + " x");
  world.run();
  CHECK(ear.heard == Lines{"1", "2"});
}

TEST_CASE("router: what the host sends to a room that is on no node is not sent, and on another node it is") {
  const auto store = std::make_shared<MemoryStore>();
  RouterOptions options;
  options.store = store;
  options.node = "one";
  ScriptWorld one(options);
  options.node = "two";
  ScriptWorld two(options);
  const auto b = two.client("b");
  b->say("join r");
  two.run();
  CHECK(one.router.send(Message::text("1", {.room = "r"})).status == SendStatus::sent);
  two.run();
  CHECK(b->heard().back() == "msg  1");
  CHECK(one.router.send(Message::text("1", {.room = "nowhere"})).error == errc::peer_not_found);
  b->say("leave r");
  two.run();
  CHECK(one.router.send(Message::text("1", {.room = "r"})).error == errc::peer_not_found);
}

namespace {

/// The language of scripts, spoken with an encoder of its own that counts the messages it is given.
class CountedProtocol final : public Protocol {
 public:
  explicit CountedProtocol(int& encoded) : encoder_(std::make_shared<CountingEncoder>(encoded)) {}
  std::string_view name() const noexcept override { return "counted"; }
  void decode(const MessageView& message, std::vector<Command>& commands) override {
    text_.decode(message, commands);
  }
  const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }

 private:
  class CountingEncoder final : public Encoder {
   public:
    explicit CountingEncoder(int& encoded) : encoded_(encoded) {}
    void encode(const Event& event, std::vector<Frame>& frames) const override {
      if (std::holds_alternative<event::Message>(event)) ++encoded_;
      text_.encode(event, frames);
    }

   private:
    int& encoded_;
    TextEncoder text_;
  };

  TextProtocol text_;
  const std::shared_ptr<const Encoder> encoder_;
};

}  // namespace

TEST_CASE(
    "router: a message is encoded once in each language of its receivers on this node, and in no other") {
  const auto store = std::make_shared<MemoryStore>();
  RouterOptions options;
  options.store = store;
  options.node = "here";
  ScriptWorld here(options);
  options.node = "there";
  ScriptWorld there(options);
  int encoded = 0;
  ConnectInfo info;
  info.wished_id = "a";
  ScriptClient a(here.router, here.io.get_executor(), info, std::make_unique<CountedProtocol>(encoded));
  const auto b = here.client("b");
  const auto c = there.client("c");
  a.say("join r");
  b->say("join r");
  c->say("join r");
  here.run();
  there.run();
  for (const char* line : {"send nobody 1", "send c 2", "send b 3", "cast nowhere 4", "cast r 5"})
    a.say(line);
  here.run();
  there.run();
  CHECK(b->heard().back() == "msg a 5");
  CHECK(c->heard().back() == "msg a 5");
  CHECK(encoded == 0);
  b->say("cast r 6");
  here.run();
  CHECK(a.heard().back() == "msg b 6");
  CHECK(encoded == 1);
}
