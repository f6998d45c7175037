// What the host gives as JSON gets into the messages of clients as it is: other text is refused.
#include <doctest/doctest.h>

#include "core/support/policy_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

constexpr std::string_view bad = "host";  // not JSON

/// Logged events, with the room.
struct Events final : LogSink {
  void log(const LogRecord& record) override { names.emplace_back(record.event); }
  LogLevel level() const noexcept override { return LogLevel::warning; }
  Lines names;
};

/// A client "a" and a local peer "x", both in the room "r".
struct Pair {
  Pair() {
    LocalPeerOptions options;
    options.executor = world.io.get_executor();
    options.id = "x";
    options.on_event = [this](const Event& event) {
      if (const auto* error = std::get_if<event::Error>(&event)) {
        errors.push_back(std::string(to_string(error->code)) + ": " + std::string(error->message));
      }
    };
    x = world.router.connect_local(std::move(options));
    x->join("r");
    a->say("join r");
    world.run();
    (void)a->heard();
  }

  ScriptWorld world;
  std::unique_ptr<ScriptClient> a = world.client("a");
  Lines errors;
  LocalPeer x;
};

}  // namespace

TEST_CASE("host json: metadata that is not JSON is refused, in a join and in an update, of any peer") {
  Pair w;
  const Lines expected{"bad_json: The metadata is not JSON."};
  w.x->join("s", bad);
  w.x->join("r", bad);
  w.x->update("r", bad);
  w.world.run();
  CHECK(w.errors == Lines(3, expected.front()));
  CHECK(w.world.router.find_room("s") == nullptr);
  w.world.router.find_peer("a")->join("s", bad);
  std::error_code result;
  w.world.router.async_join("a", "s", bad, [&](std::error_code error) { result = error; });
  w.a->say("join s {");  // a protocol of the host has let it pass
  w.world.run();
  CHECK(result == errc::bad_json);
  CHECK(w.a->heard() == Lines(3, "error bad_json"));
  CHECK(w.world.router.find_room("s") == nullptr);
}

TEST_CASE("host json: JSON of any kind, and none, is metadata") {
  Pair w;
  for (const std::string_view good : {"", "null", "7", "\"x\"", "[1]", R"( {"a":1} )"}) {
    CAPTURE(good);
    w.x->update("r", good);
    w.world.run();
    CHECK(w.world.router.find_room("r")->members().front().metadata.view() == good);
  }
  CHECK(w.errors.empty());
}

TEST_CASE("host json: a text payload of the host that is not JSON is dropped, with an error") {
  Pair w;
  CHECK(w.x->send(Message::text(bad, {.to = "a"})).error == errc::bad_json);
  CHECK(w.x->send(Message::text(bad, {.room = "r"})).error == errc::bad_json);
  CHECK(w.world.router.send(Message::text(bad, {.to = "a"})).error == errc::bad_json);
  CHECK(w.world.router.find_room("r")->send(Message::offer(bad)).error == errc::bad_json);
  CHECK(w.world.router.stats().errors[static_cast<std::size_t>(errc::bad_json)] == 4);
  Message binary = Message::text(bad, {.to = "a"});
  binary.kind = MessageKind::binary;
  CHECK(w.x->send(binary).status == SendStatus::sent);
  CHECK(w.x->send(Message::text("", {.to = "a"})).status == SendStatus::sent);
  w.world.run();
  CHECK(w.a->heard() == Lines{"msg x host", "msg x "});
}

TEST_CASE("host json: ICE servers that are not a JSON array are the caller's mistake") {
  Pair w;
  const auto peer = w.world.router.find_peer("a");
  for (const std::string_view servers : {"", "host", "{}", "[", R"([{"urls":"stun:a"}],)"}) {
    CAPTURE(servers);
    CHECK_THROWS_AS(peer->set_ice_servers(servers), std::invalid_argument);
  }
  peer->set_ice_servers("[]");
  w.world.run();
  CHECK(w.a->heard() == Lines{"ice-servers []"});
}

TEST_CASE("host json: a policy's ICE servers that are not a JSON array are logged, and not sent") {
  struct Careless final : Policy {
    std::string ice_servers(const Peer& /*peer*/) override { return "stun:stun.example"; }
  };
  const auto log = std::make_shared<Events>();
  RouterOptions options;
  options.policy = std::make_shared<Careless>();
  options.log = log;
  ScriptWorld world(std::move(options));
  auto a = world.client("a");
  world.run();
  CHECK(a->heard() == Lines{"welcome a"});
  CHECK(log->names == Lines{"policy-ice-servers-invalid"});
  CHECK(world.router.stats().errors[static_cast<std::size_t>(errc::internal)] == 1);
}

TEST_CASE("host json: a policy's metadata that is not JSON is logged, and fails the join") {
  struct Careless final : Policy {
    void authorize_join(const Peer& /*peer*/, const JoinAttempt& /*attempt*/,
                        Callback<void(Decision)> done) override {
      done(Decision::allow(JoinTerms{std::string(bad), {}}));
    }
    void join_failed(const Peer& /*peer*/, std::string_view room, errc error) override {
      failed.push_back(std::string(room) + ' ' + std::string(to_string(error)));
    }
    Lines failed;
  };
  const auto log = std::make_shared<Events>();
  const auto policy = std::make_shared<Careless>();
  RouterOptions options;
  options.policy = policy;
  options.log = log;
  ScriptWorld world(std::move(options));
  auto a = world.client("a");
  a->say("join r");
  a->say("ping");
  world.run();
  CHECK(a->heard() == Lines{"welcome a", "error internal", "pong"});
  CHECK(policy->failed == Lines{"r internal"});
  CHECK(log->names == Lines{"policy-metadata-invalid"});
  CHECK(world.router.find_room("r") == nullptr);
}
