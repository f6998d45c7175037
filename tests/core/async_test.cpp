// The asynchronous functions of the public interface, with the completion tokens of Boost.Asio.
#include "signaling/core/async.hpp"

#include <doctest/doctest.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "core/support/distant_world.hpp"
#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;
namespace asio = boost::asio;

namespace {

/// "a" is in the room "r".
struct Inhabited {
  Inhabited() {
    a->say("join r");
    world.run();
    (void)a->heard();
  }

  ScriptWorld world;
  std::unique_ptr<ScriptClient> a = world.client("a");
};

}  // namespace

TEST_CASE("async: a lambda has no executor of its own, and is called where the operation completes") {
  Inhabited w;
  std::size_t count = 0;
  w.world.router.async_members("r", [&](std::error_code error, std::vector<Member> members) {
    CHECK_FALSE(error);
    count = members.size();
  });
  CHECK(count == 1);
  std::error_code result;
  w.world.router.async_leave("a", "x", [&](std::error_code error) { result = error; });
  CHECK_FALSE(result);
  w.world.run();
  CHECK(result == errc::not_joined);
}

TEST_CASE("async: a handler runs on its executor, not before the function returns, and keeps work there") {
  Inhabited w;
  asio::io_context mine;
  std::size_t count = 0;
  w.world.router.async_members("r",
                               asio::bind_executor(mine, [&](std::error_code, std::vector<Member> members) {
                                 CHECK(mine.get_executor().running_in_this_thread());
                                 count = members.size();
                               }));
  CHECK(count == 0);
  mine.run();
  CHECK(count == 1);
  mine.restart();
  w.world.router.async_join("a", "s", {}, asio::bind_executor(mine, [&](std::error_code) { ++count; }));
  CHECK(mine.poll() == 0);
  CHECK_FALSE(mine.stopped());
  w.world.run();
  CHECK(count == 1);
  mine.run();
  CHECK(count == 2);
}

TEST_CASE("async: co_await gives the value, and throws the error") {
  Inhabited w;
  bool is_done = false;
  asio::co_spawn(
      w.world.io,
      [&]() -> asio::awaitable<void> {
        co_await w.world.router.async_join("a", "s", "7", asio::use_awaitable);
        const std::vector<Member> members = co_await w.world.router.async_members("s", asio::use_awaitable);
        REQUIRE(members.size() == 1);
        CHECK(members.front().metadata.view() == "7");
        boost::system::error_code error;
        try {
          co_await w.world.router.async_leave("a", "t", asio::use_awaitable);
        } catch (const boost::system::system_error& thrown) {
          error = thrown.code();
        }
        CHECK(error == errc::not_joined);
        CHECK(error == condition::peer_fault);
        is_done = true;
      },
      asio::detached);
  w.world.run();
  CHECK(is_done);
}

TEST_CASE("async: a future of another thread gets the value, or the error") {
  asio::io_context io(1);
  Router router;
  LocalPeerOptions options;
  options.executor = io.get_executor();
  options.id = "a";
  const LocalPeer a = router.connect_local(options);
  auto work = asio::make_work_guard(io);
  std::thread thread([&] { io.run(); });
  CHECK_NOTHROW(router.async_join("a", "r", {}, asio::use_future).get());
  CHECK(router.async_members("r", asio::use_future).get().size() == 1);
  try {
    router.async_leave("nobody", "r", asio::use_future).get();
    FAIL("did not throw");
  } catch (const boost::system::system_error& error) {
    CHECK(error.code() == errc::peer_not_found);
  }
  work.reset();
  thread.join();
}

TEST_CASE("async: a deferred operation begins when it is asked to, with arguments of its own") {
  Inhabited w;
  std::string name = "a room whose name is too long to be stored in place";
  auto operation = w.world.router.async_join("a", name, "1", asio::deferred);
  name.assign(name.size(), 'x');
  w.world.run();
  CHECK(w.a->heard().empty());
  std::error_code result = errc::internal;
  std::move(operation)([&](std::error_code error) { result = error; });
  w.world.run();
  CHECK_FALSE(result);
  CHECK(w.a->heard() == Lines{"joined a room whose name is too long to be stored in place v1 []"});
}

TEST_CASE("async: without a token nobody is told") {
  Inhabited w;
  w.world.router.async_join("a", "s");
  w.world.router.async_leave("a", "r");
  w.world.run();
  CHECK(w.a->heard() == Lines{"joined s v1 []", "left r leave"});
}

TEST_CASE("async: a handler may own what only moves") {
  Inhabited w;
  std::size_t count = 0;
  w.world.router.async_members(
      "r", [number = std::make_unique<std::size_t>(7), &count](
               std::error_code, const std::vector<Member>& members) { count = *number + members.size(); });
  CHECK(count == 8);
  w.world.router.async_leave("a", "r", Callback<void(std::error_code)>([&](std::error_code) { ++count; }));
  w.world.run();
  CHECK(count == 9);
}

TEST_CASE("async: an error of the store comes as the store gives it") {
  DistantWorld w;
  std::error_code result;
  w.world.router.async_members("r",
                               [&](std::error_code error, const std::vector<Member>&) { result = error; });
  CHECK(result == errc::store_unavailable);
}
