#include "signaling/redis/redis_store.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "redis/refusal.hpp"
#include "redis/support/redis_server.hpp"

using namespace signaling;
using signaling::redis::RedisOptions;
using signaling::redis::RedisStore;
using signaling::testing::RedisServer;
using std::chrono::milliseconds;

namespace {

// Writes down what it is told.
class Listener : public StoreListener {
 public:
  void changed(const MembershipChange& change) override {
    const bool has_left = change.kind == MembershipChange::Kind::left;
    add((has_left ? "left " : "changed ") + change.member.id);
  }
  void delivered(const Message& message, const Route& /*route*/) override {
    add("delivered " + std::string(message.payload));
  }
  void commanded(const NodeCommand& command) override { add("commanded " + command.room); }
  void invalidated(std::string_view room, Missed /*missed*/) override {
    add("invalidated " + std::string(room));
  }
  void displaced(std::string_view peer, Epoch /*epoch*/) override { add("displaced " + std::string(peer)); }
  void undelivered(const Message& message, const Route& /*route*/, errc /*error*/) override {
    add("undelivered " + std::string(message.payload));
  }
  void undelivered(const NodeCommand& command, errc /*error*/) override {
    add("undelivered command " + command.room);
  }

  bool has(std::string_view what) const {
    for (const std::string& told : told_) {
      if (told == what) return true;
    }
    return false;
  }
  std::size_t count() const { return told_.size(); }
  const std::vector<std::string>& told() const { return told_; }
  std::function<void()> on_call = [] {};

 private:
  void add(std::string what) {
    told_.push_back(std::move(what));
    on_call();
  }
  std::vector<std::string> told_;
};

// One node, on an executor that the test turns.
struct StoreNode {
  StoreNode(boost::asio::io_context& context, const std::string& url, NodeId its_id,
            RedisOptions options = {})
      : id(std::move(its_id)), io(context) {
    options.url = url;
    options.executor = io.get_executor();
    store.emplace(std::move(options));
  }

  void wait(const std::function<bool()>& is_done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!is_done()) {
      io.restart();
      if (io.run_one_until(deadline) == 0) throw std::runtime_error("it does not happen");
    }
  }
  std::error_code open() {
    std::optional<std::error_code> result;
    store->open(id, listener, [&](std::error_code error) { result = error; });
    wait([&] { return result.has_value(); });
    return *result;
  }
  std::pair<std::error_code, Epoch> claim(std::string_view peer) {
    std::optional<std::pair<std::error_code, Epoch>> result;
    store->claim({id, peer, "secret", {}},
                 [&](std::error_code error, Epoch epoch) { result.emplace(error, epoch); });
    wait([&] { return result.has_value(); });
    return *result;
  }
  std::error_code join(std::string_view room, PeerId peer, Epoch epoch) {
    std::optional<std::error_code> result;
    store->join({room, {std::move(peer), id, epoch, {}, 0}, 0, 0},
                [&](std::error_code error, const StateStore::Joined&) { result = error; });
    wait([&] { return result.has_value(); });
    return *result;
  }
  std::error_code publish(std::string_view room, std::string_view payload) {
    Route route;
    route.room = room;
    return store->publish(id, Message::text(payload), route, {});
  }

  NodeId id;
  boost::asio::io_context& io;
  Listener listener;
  std::optional<RedisStore> store;
};

milliseconds duration_of(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
}

struct TwoStores {
  TwoStores() {
    REQUIRE_FALSE(a.open());
    REQUIRE_FALSE(b.open());
    epoch_of_pa = a.claim("pa").second;
    REQUIRE_FALSE(a.join("room", "pa", epoch_of_pa));
    REQUIRE_FALSE(b.join("room", "pb", b.claim("pb").second));
    a.wait([&] { return a.listener.has("changed pb"); });
  }
  RedisServer server;
  boost::asio::io_context io;
  StoreNode a{io, server.url(), "a"};
  StoreNode b{io, server.url(), "b"};
  Epoch epoch_of_pa = 0;
};

}  // namespace

TEST_CASE_FIXTURE(TwoStores, "redis store: two nodes share ids, rooms and messages") {
  CHECK(b.claim("pa").first == errc::id_in_use);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(a.publish("room", std::to_string(i)));
  b.wait([&] { return b.listener.has("delivered 99"); });
  CHECK(b.listener.count() == 100);
  CHECK(a.listener.count() == 1);
}

TEST_CASE_FIXTURE(TwoStores, "redis store: what is published before a leave comes before it") {
  bool has_left = false;
  CHECK_FALSE(a.publish("room", "last"));
  a.store->leave({"room", "pa", epoch_of_pa, LeaveReason::leave}, [&](std::error_code error, Version) {
    has_left = true;
    CHECK_FALSE(error);
  });
  a.wait([&] { return has_left; });
  b.wait([&] { return b.listener.has("left pa"); });
  CHECK(b.listener.told() == std::vector<std::string>{"delivered last", "left pa"});
}

TEST_CASE_FIXTURE(TwoStores, "redis store: health is good when the inbox has answered") {
  a.wait([&] { return a.store->health().ready(); });
  CHECK(a.store->health().connected);
  CHECK(a.store->health().inbox_answers);
  CHECK(a.store->health().lease_age < milliseconds(5000));
  CHECK(a.store->health().queued_bytes == 0);
  CHECK(a.store->health().bad_entries == 0);
}

TEST_CASE_FIXTURE(TwoStores,
                  "redis store: after close the listener is not called, and the node's members are gone") {
  a.store->close("a");
  const std::size_t told = a.listener.count();
  CHECK(b.publish("room", "late") == std::error_code());
  b.wait([&] { return b.listener.has("left pa"); });
  CHECK(a.listener.count() == told);
  CHECK(a.claim("x").first == errc::store_unavailable);
  CHECK(a.publish("room", "x") == errc::store_unavailable);
  SUBCASE("and it may be opened again") {
    CHECK_FALSE(a.open());
    CHECK_FALSE(a.claim("x").first);
  }
}

TEST_CASE_FIXTURE(TwoStores,
                  "redis store: close waits for a listener that is being called on another thread") {
  std::atomic<bool> is_called = false;
  std::atomic<bool> has_returned = false;
  std::atomic<bool> may_return = false;
  b.listener.on_call = [&] {
    is_called = true;
    is_called.notify_all();
    may_return.wait(false);
    has_returned = true;
  };
  CHECK_FALSE(a.publish("room", "one"));
  std::thread closer([&] {
    is_called.wait(false);
    may_return = true;
    may_return.notify_all();
    b.store->close("b");
    CHECK(has_returned);
  });
  b.wait([&] { return has_returned.load(); });
  closer.join();
}

TEST_CASE_FIXTURE(TwoStores, "redis store: the listener may close the store that calls it") {
  b.listener.on_call = [&] { b.store->close("b"); };
  for (const char* const text : {"one", "two", "three"}) CHECK_FALSE(a.publish("room", text));
  a.wait([&] { return a.listener.has("changed pb") && b.listener.count() == 1; });
  io.poll();
  CHECK(b.listener.count() == 1);
}

TEST_CASE_FIXTURE(TwoStores, "redis store: stop takes leave of the cluster, and leaves nothing to do") {
  bool is_stopped = false;
  b.store->async_stop([&] { is_stopped = true; });
  a.wait([&] { return is_stopped; });
  a.wait([&] { return a.listener.count() == 2; });
  CHECK(a.listener.has("changed pb"));
  a.store->close("a");
  a.store->async_stop();
  io.restart();
  CHECK(duration_of([&] { io.run(); }) < milliseconds(1000));
  CHECK(server.command({"KEYS", "*"}).empty());
  CHECK(b.claim("x").first == errc::store_unavailable);
}

TEST_CASE_FIXTURE(TwoStores, "redis store: stop takes no longer than two seconds when the server hangs") {
  server.pause();
  bool is_stopped = false;
  a.store->async_stop([&] { is_stopped = true; });
  CHECK(duration_of([&] { a.wait([&] { return is_stopped; }); }) < milliseconds(2200));
}

TEST_CASE_FIXTURE(TwoStores, "redis store: one that is destroyed takes leave and leaves nothing to do") {
  a.store.reset();
  b.store.reset();
  io.restart();
  CHECK(duration_of([&] { io.run(); }) < milliseconds(1000));
  CHECK(server.command({"KEYS", "*"}).empty());
}

TEST_CASE("redis store: without a server it opens, serves its own node, and joins the others later") {
  RedisServer server;
  server.kill();
  boost::asio::io_context io;
  StoreNode a(io, server.url(), "a");
  CHECK_FALSE(a.open());
  CHECK_FALSE(a.store->health().connected);
  const auto claim = a.claim("pa");
  CHECK_FALSE(claim.first);
  CHECK_FALSE(a.join("room", "pa", claim.second));
  CHECK(a.publish("room", "x") == errc::store_unavailable);
  server.start();
  a.wait([&] { return a.store->health().ready(); });
  CHECK(server.first({"HLEN", "signaling:room:room"}) == "1");
}

TEST_CASE("redis store: when away it refuses, if it is told to") {
  RedisServer server;
  server.kill();
  boost::asio::io_context io;
  RedisOptions options;
  options.when_away = redis::WhenAway::refuse;
  StoreNode a(io, server.url(), "a", options);
  CHECK_FALSE(a.open());
  CHECK(a.claim("pa").first == errc::store_unavailable);
  CHECK(a.join("room", "pa", 1) == errc::store_unavailable);
}

TEST_CASE("redis store: a server that cannot be used is an error that says why") {
  RedisServer server({"--requirepass", "right"});
  boost::asio::io_context io;
  StoreNode a(io, server.url(), "a");
  const std::error_code error = a.open();
  CHECK(error.category() == redis::redis_category());
  CHECK(error.message().find("password") != std::string::npos);
}

TEST_CASE("redis store: a URL that is none is refused at once") {
  RedisOptions options;
  options.url = "http://localhost";
  boost::asio::io_context io;
  options.executor = io.get_executor();
  CHECK_THROWS_AS(RedisStore{options}, std::invalid_argument);
}
