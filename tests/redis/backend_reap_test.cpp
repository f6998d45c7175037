#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

#include "redis/support/backend_world.hpp"

using namespace signaling;
using namespace signaling::redis;
using namespace signaling::redis::testing;

namespace {

struct Cluster : World {
  Cluster() {
    a.open();
    b.open();
    a.join("room", "survivor", 1);
    b.claim({"peer", 2, "secret", {}});
    b.join("room", "peer", 2);
    b.join("alone", "peer", 2);
    a.news();
  }
};

}  // namespace

TEST_CASE_FIXTURE(Cluster, "redis backend: a node whose lease holds is not reaped") {
  CHECK_FALSE(a.reap().value);
  CHECK(a.news().empty());
  CHECK_FALSE(b.renew());
}

TEST_CASE_FIXTURE(Cluster,
                  "redis backend: of a node whose lease has run out nothing stays, and that is told once") {
  expire(b);
  const auto reaped = a.reap();
  CHECK_FALSE(reaped.error);
  CHECK_FALSE(reaped.value);
  CHECK_FALSE(a.reap().value);
  CHECK(texts_of(a.news()) == Texts{"left room 3 peer node-lost"});
  CHECK_FALSE(a.claim("peer").error);
  CHECK(a.snapshot("alone").value.version == 0);
  CHECK(std::ranges::none_of(keys(), [](const std::string& key) { return key.find("node-b") != key.npos; }));
  CHECK(b.renew() == errc::closed);
}

TEST_CASE_FIXTURE(Cluster, "redis backend: a node that was reaped comes back as one that lost its inbox") {
  expire(b);
  a.reap();
  const InboxPlace before = b.next;
  CHECK_FALSE(b.try_open().value.has_lost_data);
  CHECK(b.next.inbox > before.inbox);
  CHECK(b.claim({"peer", 2, "secret", {}}).value == 2);
  CHECK(b.join("room", "peer", 2, 2).value.version == 4);
  CHECK(texts_of(a.news()) == Texts{"left room 3 peer node-lost", "joined room 4 peer"});
}

TEST_CASE_FIXTURE(Cluster, "redis backend: a node whose own lease has run out reaps nobody") {
  expire(a);
  expire(b);
  CHECK_FALSE(a.reap().value);
  CHECK_FALSE(b.renew());
  CHECK_FALSE(b.snapshot("room").value.members.empty());
}

TEST_CASE_FIXTURE(Cluster, "redis backend: after an outage of the database every lease begins anew") {
  expire(b);
  SUBCASE("that was noticed by renewing") {
    server.command({"SET", "signaling:beat", "1000"});
    CHECK_FALSE(a.renew());
  }
  SUBCASE("that was noticed by opening") {
    server.command({"SET", "signaling:beat", "1000"});
    a.open();
  }
  SUBCASE("or when its clock was put back") {
    server.command({"SET", "signaling:beat", "9007199254740991"});
    CHECK_FALSE(a.renew());
  }
  CHECK_FALSE(a.reap().value);
  CHECK(a.news().empty());
  CHECK(std::stod(server.first({"ZSCORE", "signaling:nodes", "node-b"})) > 1'000'000);
  expire(b);
  CHECK_FALSE(a.renew());
  a.reap();
  CHECK(texts_of(a.news()) == Texts{"left room 3 peer node-lost"});
}

TEST_CASE_FIXTURE(Cluster, "redis backend: a renewed lease runs for as long as Backend::lease says") {
  server.command({"ZADD", "signaling:nodes", "1", "node-a"});
  CHECK_FALSE(a.renew());
  const auto left = std::stoull(server.first({"ZSCORE", "signaling:nodes", "node-a"})) -
                    std::stoull(server.first({"GET", "signaling:beat"}));
  CHECK(left == static_cast<std::uint64_t>(Backend::lease.count()));
}

TEST_CASE_FIXTURE(Cluster, "redis backend: reaping goes on step by step, and everybody leaves once") {
  constexpr int count = 1200;
  for (int i = 0; i < count; ++i) {
    const Epoch epoch = b.claim({"p" + std::to_string(i), 0, "s", {}}).value;
    b.backend->join(b.session, {"big", {"p" + std::to_string(i), b.id, epoch, {}, 0}, 0, 0, false},
                    [](std::error_code, const Backend::Joined&) {});
  }
  a.join({"big", {"survivor", {}, 1, {}, 0}, 0, 0, false});
  a.news();
  expire(b);
  int steps = 1;
  while (a.reap().value) ++steps;
  CHECK(steps == 3);
  const auto news = a.news();
  CHECK(news.size() == count + 1);
  CHECK(a.snapshot("big").value.members.size() == 1);
  CHECK(a.snapshot("big").value.version == 2 * count + 1);
}

TEST_CASE_FIXTURE(Cluster, "redis backend: two survivors together reap once") {
  Node c(io, server.url(), "node-c");
  c.open();
  c.join("room", "other", 3, 2);
  a.news();
  expire(b);
  c.reap();
  a.reap();
  CHECK(texts_of(a.news()) == Texts{"left room 4 peer node-lost"});
  CHECK(texts_of(c.news()) == Texts{"left room 4 peer node-lost"});
}

TEST_CASE_FIXTURE(Cluster, "redis backend: a peer that was taken over is not lost with its old node") {
  const Epoch epoch = a.claim({"peer", 0, "new", "secret"}).value;
  CHECK(a.join("room", "peer", epoch).value.version == 4);
  expire(b);
  a.reap();
  CHECK(a.snapshot("room").value.version == 4);
  CHECK(a.snapshot("room").value.members.size() == 2);
  CHECK(a.claim({"peer", 0, "x", {}}).error == errc::id_in_use);
}
