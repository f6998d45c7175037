#include <doctest/doctest.h>

#include <chrono>
#include <functional>

#include "redis/refusal.hpp"
#include "redis/support/backend_world.hpp"

using namespace signaling;
using namespace signaling::redis;
using namespace signaling::redis::testing;
using std::chrono::milliseconds;

namespace {

milliseconds duration_of(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
}

// As the engine does, without its pause.
void open_again(Node& node) {
  std::error_code error;
  while ((error = node.try_open().error)) REQUIRE(error == errc::store_unavailable);
}

std::string url_with(const RedisServer& server, std::string_view user, std::string_view rest = {}) {
  return std::string("redis://")
      .append(user)
      .append("@127.0.0.1:" + std::to_string(server.port()))
      .append(rest);
}

std::error_code open_error(const std::string& url) {
  boost::asio::io_context io;
  return Node(io, url, "node").try_open().error;
}

bool names(std::error_code error, std::string_view what) {
  CHECK(error.category() == redis_category());
  return error.message().find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("redis backend: without a server every operation fails, and it is found when it comes") {
  World world;
  world.server.kill();
  CHECK(world.a.try_open().error == errc::store_unavailable);
  CHECK(world.a.renew() == errc::store_unavailable);
  CHECK(world.a.read().error == errc::store_unavailable);
  world.server.start();
  CHECK(duration_of([&] { open_again(world.a); }) < milliseconds(1000));
  CHECK_FALSE(world.a.renew());
}

TEST_CASE("redis backend: a server that hangs is given up after some seconds, and found again") {
  World world;
  world.a.open();
  world.server.pause();
  std::error_code error;
  const auto waited = duration_of([&] { error = world.a.renew(); });
  CHECK(error == errc::store_unavailable);
  CHECK(waited > milliseconds(1500));
  CHECK(waited < milliseconds(3500));
  CHECK(world.a.try_open().error == errc::store_unavailable);
  world.server.resume();
  open_again(world.a);
  CHECK_FALSE(world.a.renew());
}

TEST_CASE("redis backend: what was sent before a connection ended does not happen in the next session") {
  World world;
  world.a.open();
  world.server.pause();
  std::error_code lost;
  world.a.backend->claim(world.a.id, world.a.session, {"late", 0, "s", {}},
                         [&](std::error_code error, Epoch) { lost = error; });
  CHECK(world.a.renew() == errc::store_unavailable);
  CHECK(lost == errc::store_unavailable);
  world.server.resume();
  const Session old = world.a.session;
  open_again(world.a);
  CHECK_FALSE(world.a.claim({"late", 0, "t", {}}).error == errc::closed);
  world.a.session = old;
  CHECK(world.a.claim({"later", 0, "s", {}}).error == errc::closed);
}

TEST_CASE("redis backend: connections that are cut come back, and the inbox goes on where it was") {
  World world;
  world.a.open();
  world.b.open();
  world.b.publish(1, {{"node-a", {}, {}, "one"}});
  CHECK(texts_of(world.a.news()) == Texts{"messages one"});
  world.server.command({"CLIENT", "KILL", "TYPE", "normal"});
  while (world.a.renew() == errc::store_unavailable) world.io.poll();
  open_again(world.a);
  open_again(world.b);
  world.b.publish(2, {{"node-a", {}, {}, "two"}});
  while (world.a.read().value.empty()) world.io.poll();
  CHECK(world.a.next.number >= 2);
}

TEST_CASE(
    "redis backend: everything that waits fails when it is stopped, and nothing keeps the executor busy") {
  World world;
  world.a.open();
  int failed = 0;
  bool is_stopped = false;
  const auto count = [&](std::error_code error, const auto&) { failed += error == errc::store_unavailable; };
  world.a.backend->read(world.a.id, world.a.next, count);
  world.server.pause();
  world.a.backend->renew(world.a.id, world.a.session, 1, count);
  world.a.backend->stop([&] { is_stopped = true; });
  world.b.backend->stop([] {});
  world.io.restart();
  CHECK(duration_of([&] { world.io.run(); }) < milliseconds(1000));
  CHECK(is_stopped);
  CHECK(failed == 2);
  CHECK(world.a.renew() == errc::store_unavailable);
  CHECK(world.a.try_open().error == errc::store_unavailable);
}

TEST_CASE("redis backend: a backend that is dropped leaves nothing that runs") {
  RedisServer server;
  boost::asio::io_context io;
  { Node(io, server.url(), "node").open(); }
  { const Node begun(io, server.url(), "node"); }
  CHECK(duration_of([&] {
          io.restart();
          io.run();
        }) < milliseconds(1000));
}

TEST_CASE("redis backend: a wrong password, or none, is named") {
  RedisServer server({"--requirepass", "right"});
  CHECK(names(open_error(url_with(server, ":wrong")), "password"));
  CHECK(names(open_error(url_with(server, ":wrong", "/1")), "password"));
  CHECK(names(open_error(server.url()), "requires a password"));
  CHECK_FALSE(open_error(url_with(server, ":right")));
  CHECK_FALSE(open_error(url_with(server, "default:right", "/1")));
}

TEST_CASE("redis backend: a database that is not there is named; one that is, is used") {
  RedisServer server;
  CHECK(names(open_error(server.url() + "/4711"), "database"));
  CHECK_FALSE(open_error(server.url() + "/5"));
  CHECK(server.first({"DBSIZE"}) == "0");
}

TEST_CASE("redis backend: keys begin with the prefix of the URL") {
  RedisServer server;
  CHECK_FALSE(open_error(server.url("prefix=other")));
  const auto keys = server.command({"KEYS", "*"});
  CHECK_FALSE(keys.empty());
  for (const std::string& key : keys) CHECK(key.starts_with("other:"));
}

TEST_CASE("redis backend: a user who may do what is needed is enough; whatever is missing is named") {
  RedisServer server;
  const std::vector<std::string> needed{
      "+evalsha", "+script|load",   "+info",    "+select",  "+ping",  "+xread",  "+xtrim",
      "+xadd",    "+xinfo|stream",  "+time",    "+get",     "+set",   "+exists", "+del",
      "+hset",    "+hget",          "+hmget",   "+hincrby", "+hkeys", "+hlen",   "+hgetall",
      "+hdel",    "+sadd",          "+srem",    "+spop",    "+zadd",  "+zscore", "+zrange",
      "+zrem",    "+zrangebyscore", "+smembers"};
  const auto allow = [&](std::string_view without, std::string_view keys) {
    server.command({"ACL", "SETUSER", "me", "reset", "on", ">pw", keys});
    for (const std::string& rule : needed) {
      if (rule != without) server.command({"ACL", "SETUSER", "me", rule});
    }
    return open_error(url_with(server, "me:pw"));
  };
  CHECK_FALSE(allow("", "~signaling:*"));
  for (const std::string& rule : needed) {
    if (rule == "+ping" || rule == "+select") continue;
    std::string command = rule.substr(1, rule.find('|') - 1);
    for (char& c : command) c = static_cast<char>(c - 'a' + 'A');
    CAPTURE(command);
    CHECK(names(allow(rule, "~signaling:*"), "may not run " + command));
  }
  CHECK(names(allow("", "~other:*"), "keys"));
  CHECK(server.command({"KEYS", "*:check"}).empty());
}

TEST_CASE("redis backend: a replica is named, and so is a cluster") {
  RedisServer replica;
  replica.command({"REPLICAOF", "127.0.0.1", "1"});
  CHECK(names(open_error(replica.url()), "replica"));
  RedisServer cluster({"--cluster-enabled", "yes"});
  CHECK(names(open_error(cluster.url()), "Cluster"));
}

TEST_CASE("redis backend: a server without memory is one that is away") {
  World world;
  world.a.open();
  world.server.command({"CONFIG", "SET", "maxmemory", "1"});
  CHECK(world.a.claim("peer").error == errc::store_unavailable);
  CHECK(world.a.try_open().error == errc::store_unavailable);
  world.server.command({"CONFIG", "SET", "maxmemory", "0"});
  CHECK_FALSE(world.a.try_open().error);
}
