#include "signaling/core/batch.hpp"

#include <doctest/doctest.h>

#include "support/script_world.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

struct Pair {
  Pair() {
    a->say("join r");
    b->say("join r");
    world.run();
    a->heard();
    b->heard();
  }

  ScriptWorld world;
  std::unique_ptr<ScriptClient> a = world.client("a");
  std::unique_ptr<ScriptClient> b = world.client("b");
};

}  // namespace

TEST_CASE("batch: what was sent meanwhile is written together when it is flushed, and not before") {
  Pair pair;
  Batch batch(pair.world.io.get_executor());
  const std::size_t writes = pair.b->writes();
  pair.a->say("send b one");
  pair.a->say("send b two");
  CHECK(pair.b->heard() == Lines{});
  batch.flush();
  CHECK(pair.b->heard() == Lines{"msg a one", "msg a two"});
  CHECK(pair.b->writes() == writes + 1);
  pair.world.io.restart();
  CHECK(pair.world.io.poll() == 0);
}

TEST_CASE("batch: what is sent after the flush is not lost") {
  Pair pair;
  {
    Batch batch(pair.world.io.get_executor());
    batch.flush();
    pair.a->say("send b late");
  }
  pair.world.run();
  CHECK(pair.b->heard() == Lines{"msg a late"});
}

TEST_CASE("batch: without a flush the executor writes") {
  Pair pair;
  {
    const Batch batch(pair.world.io.get_executor());
    pair.a->say("send b one");
  }
  CHECK(pair.b->heard() == Lines{});
  pair.world.run();
  CHECK(pair.b->heard() == Lines{"msg a one"});
}

TEST_CASE("batch: peers of another executor are written to on theirs") {
  Pair pair;
  boost::asio::io_context other;
  ConnectInfo info;
  info.wished_id = "c";
  ScriptClient c(pair.world.router, other.get_executor(), info);
  c.say("join r");
  other.poll();
  c.heard();
  Batch batch(pair.world.io.get_executor());
  pair.a->say("send c one");
  batch.flush();
  CHECK(c.heard() == Lines{});
  other.restart();
  other.poll();
  CHECK(c.heard() == Lines{"msg a one"});
}

TEST_CASE("batch: one inside another, of another executor, leaves it as it was") {
  Pair pair;
  Batch batch(pair.world.io.get_executor());
  {
    boost::asio::io_context other;
    Batch inner(other.get_executor());
    inner.flush();
  }
  pair.a->say("send b one");
  batch.flush();
  CHECK(pair.b->heard() == Lines{"msg a one"});
}
