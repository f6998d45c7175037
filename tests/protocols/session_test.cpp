// Peers that outlive their connections: `signaling.v1` clients that lose them and resume.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "protocols/json_client.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;
using protocols::test::field;
using protocols::test::make_json;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

/// What a client keeps between its connections.
struct Memory {
  std::string id;
  std::string secret;
  std::uint64_t received = 0;  // messages that count
};

bool counts(const std::string& line) {
  const std::string type = field(line, "type");
  return type != "welcome" && type != "ack" && type != "pong" && type != "going-away";
}

struct SessionWorld {
  explicit SessionWorld(RouterOptions options = {}) : world(std::move(options)) {}

  std::unique_ptr<ScriptClient> connect(ConnectInfo info) {
    auto client =
        std::make_unique<ScriptClient>(world.router, world.io.get_executor(), std::move(info), make_json());
    run();
    return client;
  }
  /// A client that asks for a minute.
  std::unique_ptr<ScriptClient> client(const std::string& id) {
    ConnectInfo info;
    info.wished_id = id;
    info.keep = "60";
    return connect(std::move(info));
  }
  /// A client whose peer goes with its connection.
  std::unique_ptr<ScriptClient> passing_client(const std::string& id) {
    ConnectInfo info;
    info.wished_id = id;
    return connect(std::move(info));
  }
  std::unique_ptr<ScriptClient> resume(const Memory& memory) {
    return resume(memory, std::to_string(memory.received));
  }
  std::unique_ptr<ScriptClient> resume(const Memory& memory, const std::string& received) {
    ConnectInfo info;
    info.wished_id = memory.id;
    info.resume = memory.secret;
    info.received = received;
    return connect(std::move(info));
  }
  void run() { world.run(); }
  void wait(milliseconds time) {
    world.clock.advance(time);
    world.router.on_time();
    run();
  }
  Stats stats() { return world.router.stats(); }

  ScriptWorld world;
};

/// Reads what has come, and keeps what a client keeps.
Lines read(ScriptClient& client, Memory& memory) {
  Lines lines = client.heard();
  for (const std::string& line : lines) {
    if (counts(line)) ++memory.received;
    if (field(line, "type") != "welcome") continue;
    if (field(line, "resumed") != "exact") memory.received = 0;
    memory.id = field(line, "peer");
    memory.secret = field(line, "resume");
  }
  return lines;
}

/// The types of the messages, or of messages from peers their data.
std::string types(const Lines& lines) {
  std::string all;
  for (const std::string& line : lines) {
    const std::string type = field(line, "type");
    all += (all.empty() ? "" : " ") + (type == "message" ? field(line, "data") : type);
  }
  return all;
}

std::string message(const std::string& to, const std::string& data) {
  return R"({"type":"message","to":")" + to + R"(","data":")" + data + R"("})";
}

constexpr std::string_view join = R"({"type":"join","room":"r"})";

/// Ada, whose peer stays, and Bob are in the room `r`, and have read everything.
struct TwoInARoom : SessionWorld {
  explicit TwoInARoom(RouterOptions options = {}) : SessionWorld(std::move(options)) {
    ada->say(join);
    bob->say(join);
    run();
    (void)read(*ada, memory);
    (void)bob->heard();
  }
  void bob_says(const std::string& data) {
    bob->say(message("ada", data));
    run();
  }

  std::unique_ptr<ScriptClient> ada = client("ada");
  std::unique_ptr<ScriptClient> bob = passing_client("bob");
  Memory memory;
};

RouterOptions with(Limits limits) {
  RouterOptions options;
  options.limits = limits;
  return options;
}

}  // namespace

TEST_CASE("sessions: a client that has lost its connection gets what it has missed, and nobody saw it go") {
  TwoInARoom w;
  const auto before = w.world.router.find_peer("ada");
  w.ada->cut(CloseReason::lost);
  w.run();
  CHECK(before->is_away());
  w.bob_says("one");
  w.bob_says("two");
  CHECK(w.bob->heard().empty());
  w.ada = w.resume(w.memory);
  const Lines lines = read(*w.ada, w.memory);
  CHECK(types(lines) == "welcome one two");
  CHECK(field(lines[0], "resumed") == "exact");
  CHECK(field(lines[0], "peer") == "ada");
  CHECK(field(lines[0], "keep") == "60");
  CHECK(field(lines[0], "received") == "1");
  CHECK(w.world.router.find_peer("ada") == before);
  CHECK_FALSE(before->is_away());
  w.ada->say(message("bob", "back"));
  w.run();
  CHECK(types(w.bob->heard()) == "back");
}

TEST_CASE("sessions: what was sent and did not arrive is sent again, once and in order") {
  TwoInARoom w;
  w.bob_says("arrives");
  (void)read(*w.ada, w.memory);
  w.bob_says("lost one");
  w.bob_says("lost two");
  (void)w.ada->heard();  // the transport took them, and the client has not read them
  w.ada->cut(CloseReason::lost);
  w.bob_says("three");
  w.ada = w.resume(w.memory);
  CHECK(types(read(*w.ada, w.memory)) == "welcome lost one lost two three");
  // Again, with nothing new.
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  CHECK(types(read(*w.ada, w.memory)) == "welcome");
}

TEST_CASE("sessions: without `keep` a lost connection is a leave at once") {
  SessionWorld w;
  auto ada = w.passing_client("ada");
  auto bob = w.passing_client("bob");
  ada->say(join);
  bob->say(join);
  w.run();
  CHECK(field(ada->heard()[0], "keep").empty());
  (void)bob->heard();
  ada->cut(CloseReason::lost);
  w.run();
  CHECK(types(bob->heard()) == "peer-left");
  CHECK(w.stats().peers == 1);
}

TEST_CASE("sessions: intent ends a peer at once, whatever its grace") {
  for (const CloseReason reason : {CloseReason::normal, CloseReason::protocol_error,
                                   CloseReason::message_too_large, CloseReason::unauthorized}) {
    CAPTURE(to_string(reason));
    TwoInARoom w;
    w.ada->cut(reason);
    w.run();
    CHECK(types(w.bob->heard()) == "peer-left");
    w.ada = w.resume(w.memory);
    const Lines lines = w.ada->heard();
    CHECK(field(lines[0], "resumed") == "none");
    CHECK(field(lines[0], "reason") == "ended");
  }
}

TEST_CASE("sessions: the others are told after a second that a peer is away, and when it is back") {
  TwoInARoom w;
  w.ada->cut(CloseReason::timeout);
  w.wait(milliseconds(999));
  CHECK(w.bob->heard().empty());
  w.wait(milliseconds(1));
  const Lines away = w.bob->heard();
  REQUIRE(types(away) == "peer-away");
  CHECK(away[0] == R"({"type":"peer-away","room":"r","version":2,"peer":"ada"})");
  w.bob->say(R"({"type":"members","room":"r"})");
  w.run();
  CHECK(w.bob->heard()[0].find(R"({"id":"ada","metadata":null,"polite":false,"away":true})") !=
        std::string::npos);
  CHECK(w.stats().peers_away == 1);
  CHECK(w.stats().peers == 2);
  w.ada = w.resume(w.memory);
  CHECK(w.bob->heard() == Lines{R"({"type":"peer-back","room":"r","version":2,"peer":"ada"})"});
  CHECK(w.stats().peers_away == 0);
}

TEST_CASE("sessions: the end of the grace is a leave with the reason timeout, exactly one") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.wait(seconds(1));
  CHECK(types(w.bob->heard()) == "peer-away");
  w.wait(milliseconds(58'999));
  CHECK(w.bob->heard().empty());
  w.wait(milliseconds(1));
  const Lines lines = w.bob->heard();
  REQUIRE(types(lines) == "peer-left");
  CHECK(field(lines[0], "reason") == "timeout");
  CHECK(w.stats().peers == 1);
  CHECK(w.stats().peers_away == 0);
  w.ada = w.resume(w.memory);
  const Lines welcome = read(*w.ada, w.memory);
  CHECK(field(welcome[0], "resumed") == "none");
  CHECK(field(welcome[0], "reason") == "expired");
  w.wait(seconds(120));
  CHECK(w.bob->heard().empty());
}

TEST_CASE("sessions: a grace is what the client asks for, within the limit and the policy's") {
  struct Short final : Policy {
    void authenticate(const ConnectInfo& /*info*/, Callback<void(Admission)> done) override {
      Admission admission;
      admission.max_resume = seconds(7);
      done(std::move(admission));
    }
  };
  const auto granted = [](const std::string& keep, Limits limits, bool has_policy) {
    RouterOptions options = with(limits);
    if (has_policy) options.policy = std::make_shared<Short>();
    SessionWorld w(std::move(options));
    ConnectInfo info;
    info.keep = keep;
    return field(w.connect(std::move(info))->heard()[0], "keep");
  };
  Limits ten;
  ten.max_resume = seconds(10);
  Limits none;
  none.max_resume = seconds(0);
  CHECK(granted("5", {}, false) == "5");
  CHECK(granted("86400", {}, false) == "60");
  CHECK(granted("60", ten, false) == "10");
  CHECK(granted("60", ten, true) == "7");
  CHECK(granted("60", none, false).empty());
  CHECK(granted("0", {}, false).empty());
}

TEST_CASE("sessions: a `keep` or `received` that is malformed is refused") {
  SessionWorld w;
  for (const std::string keep : {"-1", "86401", "1.5", "x", " 1", "99999999999999999999"}) {
    CAPTURE(keep);
    ConnectInfo info;
    info.keep = keep;
    const auto client = w.connect(std::move(info));
    CHECK(field(client->heard()[0], "code") == "bad_request");
    CHECK(client->closed() == CloseReason::bad_request);
  }
  ConnectInfo info;
  info.received = "many";
  CHECK(field(w.connect(std::move(info))->heard()[0], "code") == "bad_request");
}

TEST_CASE("sessions: a resumption may end the grace, and then nobody counts") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  ConnectInfo info;
  info.wished_id = w.memory.id;
  info.resume = w.memory.secret;
  info.received = std::to_string(w.memory.received);
  info.keep = "0";
  w.ada = w.connect(std::move(info));
  const Lines welcome = w.ada->heard();
  CHECK(field(welcome[0], "resumed") == "exact");
  CHECK(field(welcome[0], "keep").empty());
  for (int i = 0; i < 40; ++i) w.ada->say(message("bob", "x"));
  w.ada->say(R"({"type":"ping","id":1})");
  w.run();
  CHECK(w.ada->heard() == Lines{R"({"type":"pong","id":1})"});
  (void)w.bob->heard();
  w.ada->cut(CloseReason::lost);
  w.run();
  CHECK(types(w.bob->heard()) == "peer-left");
}

TEST_CASE("sessions: a forged count changes nothing") {
  TwoInARoom w;
  w.bob_says("one");
  (void)w.ada->heard();
  w.ada->say(R"({"type":"ack","received":99})");
  w.ada->say(R"({"type":"ping","received":99,"id":1})");
  w.ada->say(R"({"type":"ack","received":-1})");
  w.ada->say(R"({"type":"ack","received":"1"})");
  w.ada->say(R"({"type":"ack"})");
  w.run();
  CHECK(types(w.ada->heard()) == "error error pong error error error");
  w.ada->cut(CloseReason::lost);
  const auto forger = w.resume(w.memory, "99");
  CHECK(field(forger->heard()[0], "code") == "bad_request");
  CHECK(forger->closed() == CloseReason::bad_request);
  w.ada = w.resume(w.memory);
  CHECK(types(w.ada->heard()).starts_with("welcome one"));
}

TEST_CASE(
    "sessions: without the count, or with losses, the members of each room come before what was not lost") {
  TwoInARoom w;
  w.ada->say(R"({"type":"join","room":"s"})");
  w.run();
  (void)read(*w.ada, w.memory);
  w.ada->cut(CloseReason::lost);
  w.bob_says("one");
  auto carl = w.client("carl");
  carl->say(join);
  w.run();
  w.bob_says("two");
  w.ada = w.resume(w.memory, "");
  Lines lines = read(*w.ada, w.memory);
  CHECK(types(lines) == "welcome members members one two");
  CHECK(field(lines[0], "resumed") == "rooms");
  CHECK(field(lines[0], "lost").empty());
  CHECK(field(lines[0], "received") == "2");
  CHECK(lines[1].find("bob") != std::string::npos);
  CHECK(lines[1].find("carl") != std::string::npos);
  CHECK(field(lines[2], "room") == "s");
  // Both counts have begun again.
  CHECK(w.memory.received == 4);
  w.ada->say(message("bob", "hello"));
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  lines = read(*w.ada, w.memory);
  CHECK(types(lines) == "welcome");
  CHECK(field(lines[0], "resumed") == "exact");
  CHECK(field(lines[0], "received") == "1");
}

TEST_CASE("sessions: an answer `rooms` that gets lost is given again, with the counts of before") {
  TwoInARoom w;
  for (int i = 0; i < 5; ++i) w.ada->say(message("bob", "x"));
  for (int i = 0; i < 3; ++i) w.bob_says("early");
  (void)read(*w.ada, w.memory);
  w.ada->cut(CloseReason::lost);
  w.bob_says("waits");
  w.ada = w.resume(w.memory, "");
  const Lines first = w.ada->heard();  // and gets lost
  CHECK(types(first) == "welcome members waits");
  CHECK(field(first[0], "received") == "6");
  w.ada->cut(CloseReason::lost);
  w.bob_says("later");
  w.ada = w.resume(w.memory);  // by the old count, which is greater than what was sent since
  const Lines second = read(*w.ada, w.memory);
  CHECK(types(second) == "welcome members waits later");
  CHECK(field(second[0], "resumed") == "rooms");
  CHECK(field(second[0], "received") == "6");
  // Now it has arrived, and the new counts hold.
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  const Lines third = w.ada->heard();
  CHECK(types(third) == "welcome");
  CHECK(field(third[0], "resumed") == "exact");
  CHECK(field(third[0], "received") == "0");
}

TEST_CASE("sessions: beyond what is kept the answer is `rooms`, and says how many messages are missing") {
  Limits limits;
  limits.max_unacknowledged_bytes = 300;
  TwoInARoom w(with(limits));
  for (int i = 0; i < 10; ++i) w.bob_says(std::string(60, 'x'));
  (void)w.ada->heard();
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  const Lines lines = read(*w.ada, w.memory);
  CHECK(field(lines[0], "resumed") == "rooms");
  const std::size_t missing = std::stoul(field(lines[0], "lost"));
  CHECK(missing >= 6);
  CHECK(lines.size() == 2 + 10 - missing);  // the welcome and the members, then those that are left
}

TEST_CASE("sessions: an answer `rooms` that is given again counts what was lost since the first") {
  Limits limits;
  limits.max_unacknowledged_bytes = 300;
  TwoInARoom w(with(limits));
  const auto lose_ten = [&] {
    for (int i = 0; i < 10; ++i) w.bob_says(std::string(60, 'x'));
    (void)w.ada->heard();
    w.ada->cut(CloseReason::lost);
  };
  lose_ten();
  w.ada = w.resume(w.memory);
  const Lines first = w.ada->heard();  // and gets lost, like what follows
  const std::size_t lost = std::stoul(field(first[0], "lost"));
  lose_ten();
  w.ada = w.resume(w.memory);
  const Lines second = w.ada->heard();
  CHECK(field(second[0], "resumed") == "rooms");
  const std::size_t messages = second.size() - 2;                    // without the welcome and the members
  CHECK(std::stoul(field(second[0], "lost")) == 20 + 1 - messages);  // and the first list of members
  CHECK(std::stoul(field(second[0], "lost")) > lost);
}

TEST_CASE("sessions: what is acknowledged is not kept, by `ack` or by `ping`") {
  Limits limits;
  limits.max_unacknowledged_bytes = 300;
  TwoInARoom w(with(limits));
  for (int i = 0; i < 20; ++i) {
    w.bob_says(std::string(60, 'x'));
    (void)read(*w.ada, w.memory);
    const std::string type = i % 2 == 0 ? "ack" : "ping";
    w.ada->say(R"({"type":")" + type + R"(","received":)" + std::to_string(w.memory.received) + "}");
    w.run();
    (void)read(*w.ada, w.memory);
  }
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  CHECK(field(read(*w.ada, w.memory)[0], "resumed") == "exact");
}

TEST_CASE("sessions: the server acknowledges after 32 messages, 64 KiB or 5 s, and with a pong") {
  TwoInARoom w;
  for (int i = 0; i < 30; ++i) w.ada->say(message("bob", "x"));
  w.run();
  CHECK(w.ada->heard().empty());
  w.ada->say(message("bob", "x"));  // the join was the first of all
  w.run();
  CHECK(w.ada->heard() == Lines{R"({"type":"ack","received":32})"});
  w.ada->say(message("bob", "x"));
  w.wait(milliseconds(4'999));
  CHECK(w.ada->heard().empty());
  w.wait(milliseconds(1));
  CHECK(w.ada->heard() == Lines{R"({"type":"ack","received":33})"});
  w.ada->say(message("bob", std::string(64 * 1024, 'x')));
  w.run();
  CHECK(w.ada->heard() == Lines{R"({"type":"ack","received":34})"});
  w.ada->say("rubbish counts");
  w.ada->say(R"({"type":"ping","id":7})");
  w.run();
  CHECK(w.ada->heard().back() == R"({"type":"pong","received":35,"id":7})");
  w.wait(seconds(10));
  CHECK(w.ada->heard().empty());
}

TEST_CASE(
    "sessions: a client is told what of its own has arrived, even if it waited when the connection was "
    "lost") {
  Limits limits;
  limits.messages_per_second = 1;
  limits.message_burst = 3;
  TwoInARoom w(with(limits));
  for (int i = 0; i < 5; ++i) w.ada->say(message("bob", "n" + std::to_string(i)));
  w.ada->cut(CloseReason::lost);
  w.run();
  w.ada = w.resume(w.memory);
  CHECK(field(w.ada->heard()[0], "received") == "6");
  for (int i = 0; i < 5; ++i) w.wait(seconds(1));
  CHECK(types(w.bob->heard()) == "n0 n1 n2 n3 n4");
}

TEST_CASE("sessions: each welcome has a new secret; the one before is good until the newest is confirmed") {
  TwoInARoom w;
  const std::string first = w.memory.secret;
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);  // and the welcome gets lost
  (void)w.ada->heard();
  w.ada->cut(CloseReason::lost);
  w.ada = w.resume(w.memory);
  Lines lines = read(*w.ada, w.memory);
  CHECK(field(lines[0], "resumed") == "exact");
  CHECK(w.memory.secret != first);
  w.ada->say(R"({"type":"ack","received":)" + std::to_string(w.memory.received) + "}");
  w.run();
  // Now the first is that of a twin.
  Memory twin = w.memory;
  twin.secret = first;
  auto other = w.resume(twin);
  lines = other->heard();
  CHECK(field(lines[0], "resumed") == "none");
  CHECK(field(lines[0], "reason") == "replaced");
  CHECK(field(lines[0], "peer") != "ada");
  CHECK_FALSE(w.ada->closed());
  w.bob_says("still here");
  CHECK(types(w.ada->heard()) == "still here");
}

TEST_CASE("sessions: nobody gets the id of a peer that is away without its secret") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.run();
  ConnectInfo info;
  info.wished_id = "ada";
  const auto thief = w.connect(info);
  CHECK(field(thief->heard()[0], "code") == "id_in_use");
  info.resume = "a guess";
  const auto guesser = w.connect(info);
  const Lines lines = guesser->heard();
  CHECK(field(lines[0], "resumed") == "none");
  CHECK(field(lines[0], "peer") != "ada");
  w.ada = w.resume(w.memory);
  CHECK(field(w.ada->heard()[0], "resumed") == "exact");
}

TEST_CASE("sessions: a connection that takes over one which still looks alive is silent for the others") {
  TwoInARoom w;
  w.bob_says("unread");
  (void)w.ada->heard();
  const auto second = w.resume(w.memory);
  CHECK(w.ada->closed() == CloseReason::replaced);
  CHECK(types(read(*second, w.memory)) == "welcome unread");
  w.bob_says("hello");
  CHECK(types(read(*second, w.memory)) == "hello");
  w.wait(seconds(120));
  CHECK(w.bob->heard().empty());
  w.ada->say(message("bob", "of the old connection"));
  w.run();
  CHECK(w.bob->heard().empty());
}

TEST_CASE("sessions: without a grace a connection is taken over with the rooms") {
  SessionWorld w;
  Memory memory;
  const auto first = w.passing_client("ada");
  auto bob = w.passing_client("bob");
  first->say(join);
  bob->say(join);
  w.run();
  (void)read(*first, memory);
  (void)bob->heard();
  const auto second = w.resume(memory);
  const Lines lines = second->heard();
  CHECK(types(lines) == "welcome members");
  CHECK(field(lines[0], "resumed") == "rooms");
  CHECK(field(lines[0], "received").empty());
  CHECK(first->closed() == CloseReason::replaced);
  CHECK(bob->heard().empty());
}

TEST_CASE("sessions: what waits for a peer that is away is bounded; its sender is told, and the client") {
  Limits limits;
  limits.max_outbound_bytes = limits.max_message_bytes = 4096;
  TwoInARoom w(with(limits));
  w.ada->cut(CloseReason::lost);
  w.run();
  for (int i = 0; i < 3; ++i) w.bob_says(std::string(1500, 'x'));
  const Lines refused = w.bob->heard();
  CHECK(types(refused) == "error");
  CHECK(field(refused[0], "code") == "slow_consumer");
  // A change of membership has no sender.
  auto carl = w.client("carl");
  carl->say(R"({"type":"join","room":"r","metadata":")" + std::string(1500, 'm') + R"("})");
  w.run();
  w.ada = w.resume(w.memory);
  const Lines lines = read(*w.ada, w.memory);
  CHECK(field(lines[0], "resumed") == "rooms");
  CHECK(field(lines[0], "lost") == "1");
  CHECK(field(lines[1], "type") == "members");
  CHECK(lines[1].find("carl") != std::string::npos);
  CHECK(lines.size() == 4);
}

TEST_CASE("sessions: a message that may be lost does not wait for a peer that is away") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.run();
  w.bob->say(R"({"type":"message","to":"ada","data":"v","volatile":true})");
  w.run();
  w.ada = w.resume(w.memory);
  const Lines lines = w.ada->heard();
  CHECK(types(lines) == "welcome");
  CHECK(field(lines[0], "resumed") == "exact");
}

TEST_CASE("sessions: a message to a peer that is away is queued") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.run();
  w.bob->say(R"({"type":"message","to":"ada","data":"x","id":1})");
  w.run();
  CHECK(w.bob->heard() == Lines{R"({"type":"sent","status":"queued","id":1})"});
}

TEST_CASE("sessions: a slow client is away, and learns that it has missed something") {
  Limits limits;
  limits.max_outbound_bytes = limits.max_message_bytes = 2048;
  TwoInARoom w(with(limits));
  w.ada->stick();
  for (int i = 0; i < 3; ++i) w.bob_says(std::string(1000, 'x'));
  w.wait(seconds(11));
  CHECK(w.ada->closed() == CloseReason::slow_consumer);
  (void)w.ada->heard();
  (void)w.bob->heard();
  w.ada = w.resume(w.memory);
  const Lines lines = w.ada->heard();
  CHECK(field(lines[0], "peer") == "ada");
  CHECK(field(lines[0], "resumed") == "exact");
  CHECK(lines.size() == 4);
}

TEST_CASE("sessions: a kicked client does not come back into its session") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.run();
  CHECK_FALSE(w.world.router.kick("ada"));
  w.run();
  CHECK(types(w.bob->heard()) == "peer-left");
  w.ada = w.resume(w.memory);
  CHECK(field(w.ada->heard()[0], "code") == "forbidden");
  CHECK(w.ada->closed() == CloseReason::kicked);
}

TEST_CASE(
    "sessions: an end that the host has asked for comes, though the connection breaks or is replaced first") {
  {
    TwoInARoom w;
    CHECK_FALSE(w.world.router.kick("ada"));
    w.ada->cut(CloseReason::lost);
    w.run();
    const Lines lines = w.bob->heard();
    REQUIRE(types(lines) == "peer-left");
    CHECK(field(lines[0], "reason") == "kicked");
  }
  {
    TwoInARoom w;
    CHECK_FALSE(w.world.router.kick("ada"));
    const auto second = w.resume(w.memory);
    CHECK(second->closed() == CloseReason::kicked);
    CHECK(types(w.bob->heard()) == "peer-left");
  }
}

TEST_CASE("sessions: a secret of another run of the server says that it was restarted") {
  Memory memory;
  {
    SessionWorld w;
    const auto ada = w.client("ada");
    (void)read(*ada, memory);
  }
  ScriptWorld other;
  SeededRandom random(2);
  RouterOptions options;
  options.random = &random;
  options.client_ids = ClientIds::accept;
  Router router(std::move(options));
  ConnectInfo info;
  info.wished_id = memory.id;
  info.resume = memory.secret;
  ScriptClient client(router, other.io.get_executor(), std::move(info), make_json());
  other.run();
  const Lines lines = client.heard();
  CHECK(field(lines[0], "resumed") == "none");
  CHECK(field(lines[0], "reason") == "restarted");
  CHECK(field(lines[0], "peer") == "ada");
}

TEST_CASE("sessions: the policy hears of it, and another user cannot have the peer") {
  struct Users final : Policy {
    void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override {
      Admission admission;
      admission.identity.subject = info.token;
      admission.identity.attributes = info.credentials;
      done(std::move(admission));
    }
    bool may_stay(const Peer& peer, std::string_view room) override {
      return peer.identity().attributes != "no " + std::string(room);
    }
    void connected(const std::shared_ptr<Peer>& peer) override { log.push_back("connected " + peer->id()); }
    void away(const Peer& peer, CloseReason reason) override {
      log.push_back("away " + peer.id() + " " + std::string(to_string(reason)));
    }
    void resumed(const std::shared_ptr<Peer>& peer) override {
      log.push_back("resumed " + peer->id() + " " + peer->identity().attributes);
    }
    void left(const Peer& peer, std::string_view room, LeaveReason reason) override {
      log.push_back("left " + peer.id() + " " + std::string(room) + " " + std::string(to_string(reason)));
    }
    void disconnected(const Peer& peer, CloseReason reason) override {
      log.push_back("disconnected " + peer.id() + " " + std::string(to_string(reason)));
    }
    Lines log;
  };
  const auto policy = std::make_shared<Users>();
  RouterOptions options;
  options.policy = policy;
  SessionWorld w(std::move(options));
  ConnectInfo info;
  info.wished_id = "ada";
  info.keep = "60";
  info.token = "user 1";
  Memory memory;
  auto ada = w.connect(info);
  ada->say(join);
  w.run();
  (void)read(*ada, memory);
  ada->cut(CloseReason::lost);
  info.resume = memory.secret;
  info.token = "user 2";
  const auto thief = w.connect(info);
  CHECK(field(thief->heard()[0], "code") == "forbidden");
  CHECK(thief->closed() == CloseReason::kicked);
  info.token = "user 1";
  info.credentials = "no r";
  info.received = std::to_string(memory.received);
  ada = w.connect(info);
  CHECK(types(ada->heard()) == "welcome left");
  ada->cut(CloseReason::normal);
  CHECK(policy->log == Lines{"connected ada", "away ada lost", "resumed ada no r", "left ada r kicked",
                             "disconnected ada normal"});
}

TEST_CASE("sessions: a shutdown ends peers that are away, and no peer goes away after it") {
  TwoInARoom w;
  w.ada->cut(CloseReason::lost);
  w.run();
  w.world.router.shut_down(milliseconds(0));
  w.run();
  CHECK(w.stats().peers == 0);
  CHECK(w.bob->closed() == CloseReason::going_away);
}

TEST_CASE("sessions: messages ahead of the welcome wait for the policy, and confirm no secret") {
  struct Slow final : Policy {
    void authenticate(const ConnectInfo& /*info*/, Callback<void(Admission)> done) override {
      waiting.push_back(std::move(done));
    }
    std::vector<Callback<void(Admission)>> waiting;
  };
  const auto policy = std::make_shared<Slow>();
  RouterOptions options;
  options.policy = policy;
  SessionWorld w(std::move(options));
  ConnectInfo info;
  info.wished_id = "ada";
  info.keep = "60";
  auto ada = w.connect(info);
  policy->waiting[0]({});
  w.run();
  Memory memory;
  (void)read(*ada, memory);
  ada->cut(CloseReason::lost);
  info.resume = memory.secret;
  info.received = "0";
  ada = w.connect(info);
  ada->say(R"({"type":"ack","received":0})");
  ada->say(R"({"type":"ping","id":1})");
  w.run();
  CHECK(ada->heard().empty());
  policy->waiting[1]({});
  w.run();
  CHECK(types(ada->heard()) == "welcome pong");
  ada->cut(CloseReason::lost);
  // The secret of the first welcome is still good: nobody knows whether the second has arrived.
  ada = w.connect(info);
  policy->waiting[2]({});
  w.run();
  CHECK(field(ada->heard()[0], "resumed") == "exact");
}
