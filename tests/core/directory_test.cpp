#include "core/directory.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "signaling/testing/fake_clock.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

class NoReceiver final : public EventReceiver {
  void receive(const Event& /*event*/) override {}
  void closed(CloseReason /*reason*/) override {}
};

// The directory looks at mailboxes only.
class Someone final : public Mailbox::Owner, public std::enable_shared_from_this<Someone> {
 public:
  Someone(std::shared_ptr<Loop> loop, const CurrentLimits& limits, PeerId id, Epoch epoch)
      : box_(*this, std::move(loop), std::make_shared<NoReceiver>(), 0, limits) {
    box_.address(std::move(id), epoch);
  }
  std::shared_ptr<Mailbox> mailbox() noexcept override { return {shared_from_this(), &box_}; }
  std::string_view language() const noexcept override { return "test"; }
  void ended(CloseReason /*reason*/) override {}
  void moved_from(const RoomId& /*room*/, const RoomPicture& /*picture*/) override {}
  PeerEntry entry() { return {{shared_from_this(), nullptr}, &box_}; }

 private:
  Mailbox box_;
};

struct DirectoryWorld {
  std::shared_ptr<Someone> peer(std::string id, Epoch epoch = 1) {
    return std::make_shared<Someone>(loops.of(io.get_executor()), limits, std::move(id), epoch);
  }

  boost::asio::io_context io{1};
  FakeClock clock;
  Loops loops{clock, Deadlines::Driver::host};
  CurrentLimits limits{Limits{}};
  Directory directory{system_random()};
};

const std::string red = std::string(1, alias_mark) + "red";
using InUse = Directory::AliasInUse;

}  // namespace

TEST_CASE("directory: a peer is found by its id until it is removed") {
  DirectoryWorld world;
  const auto ada = world.peer("ada");
  CHECK_FALSE(world.directory.find("ada"));
  REQUIRE(world.directory.put(ada->entry(), 0));
  CHECK(world.directory.find("ada") == ada->entry());
  CHECK_FALSE(world.directory.find("ad"));
  CHECK(world.directory.peers().size() == 1);
  world.directory.remove(*ada->mailbox());
  CHECK_FALSE(world.directory.find("ada"));
  CHECK(world.directory.peer_count() == 0);
}

TEST_CASE("directory: the newer of two peers of one id takes the place, and the older cannot remove it") {
  DirectoryWorld world;
  const auto older = world.peer("ada", 1);
  const auto newer = world.peer("ada", 2);
  REQUIRE(world.directory.put(older->entry(), 1));
  const auto displaced = world.directory.put(newer->entry(), 0);
  REQUIRE(displaced);
  CHECK(*displaced == older->entry());
  CHECK(world.directory.peer_count() == 1);
  world.directory.remove(*older->mailbox());
  CHECK(world.directory.find("ada") == newer->entry());
}

TEST_CASE("directory: it is full at its limit, and the count does not drift") {
  DirectoryWorld world;
  const auto ada = world.peer("ada");
  const auto bob = world.peer("bob");
  REQUIRE(world.directory.put(ada->entry(), 1));
  CHECK_FALSE(world.directory.put(bob->entry(), 1));
  CHECK(world.directory.peer_count() == 1);
  world.directory.remove(*bob->mailbox());
  CHECK(world.directory.peer_count() == 1);
  world.directory.remove(*ada->mailbox());
  CHECK(world.directory.put(bob->entry(), 1));
}

TEST_CASE("directory: the key of a peer lives as long as its place") {
  DirectoryWorld world;
  for (int i = 0; i < 100; ++i) {
    auto peer = world.peer("a peer with a long id " + std::to_string(i));
    REQUIRE(world.directory.put(peer->entry(), 0));
  }
  CHECK(world.directory.find("a peer with a long id 99"));
  CHECK(world.directory.peers().size() == 100);
  (void)world.directory.clear();
  CHECK_FALSE(world.directory.find("a peer with a long id 99"));
}

TEST_CASE("directory: an alias is found after the store has given it, apart from ids") {
  DirectoryWorld world;
  const auto ada = world.peer("ada");
  world.directory.begin_claim(red);
  CHECK_FALSE(world.directory.find(red));
  CHECK(world.directory.end_claim(red, {ada->entry(), InUse::stay}, 7).unused == 0);
  CHECK(world.directory.find(red) == ada->entry());
  CHECK_FALSE(world.directory.find("red"));
  CHECK(world.directory.remove_alias(red, *ada->mailbox()) == 7);  // the epoch to release
  CHECK_FALSE(world.directory.find(red));
}

TEST_CASE("directory: a claim that the store refused, or whose peer has gone, leaves nothing") {
  DirectoryWorld world;
  world.directory.begin_claim(red);
  CHECK(world.directory.end_claim(red, {}, 0).unused == 0);
  world.directory.begin_claim(red);
  CHECK(world.directory.end_claim(red, {}, 7).unused == 7);
}

TEST_CASE("directory: a name is taken over from a peer of this node that allows it") {
  DirectoryWorld world;
  const auto ada = world.peer("ada");
  const auto bob = world.peer("bob");
  CHECK_FALSE(world.directory.take_alias(red, {bob->entry(), InUse::take_over}));
  world.directory.begin_claim(red);
  CHECK(world.directory.end_claim(red, {ada->entry(), InUse::take_over}, 7).unused == 0);
  CHECK(world.directory.take_alias(red, {bob->entry(), InUse::take_over}));
  CHECK(world.directory.find(red) == bob->entry());
  CHECK(world.directory.remove_alias(red, *ada->mailbox()) == 0);  // it has it no more
  CHECK(world.directory.remove_alias(red, *bob->mailbox()) == 7);

  world.directory.begin_claim(red);
  CHECK(world.directory.end_claim(red, {ada->entry(), InUse::stay}, 8).unused == 0);
  CHECK_FALSE(world.directory.take_alias(red, {bob->entry(), InUse::take_over}));
}

TEST_CASE("directory: a name with a secret is taken over only with the same secret") {
  DirectoryWorld world;
  const auto ada = world.peer("ada");
  const auto bob = world.peer("bob");
  world.directory.begin_claim(red);
  CHECK(world.directory.end_claim(red, {ada->entry(), InUse::replace, "s"}, 7).unused == 0);
  CHECK_FALSE(world.directory.take_alias(red, {bob->entry(), InUse::replace, "t"}));
  CHECK_FALSE(world.directory.take_alias(red, {bob->entry(), InUse::replace, ""}));
  CHECK(world.directory.find(red) == ada->entry());
  CHECK(world.directory.take_alias(red, {bob->entry(), InUse::replace, "s"}) == ada->entry());
}

TEST_CASE("directory: while a claim is unanswered, its name is not released by the end of another") {
  DirectoryWorld world;
  const auto ada = world.peer("ada");
  world.directory.begin_claim(red);
  world.directory.begin_claim(red);
  CHECK(world.directory.end_claim(red, {ada->entry(), InUse::stay}, 7).unused == 0);
  CHECK(world.directory.remove_alias(red, *ada->mailbox()) == 0);
  CHECK(world.directory.end_claim(red, {}, 0).unused == 7);
}

TEST_CASE("directory: of a name that the node has lost, only the epoch that was lost ends") {
  DirectoryWorld world;
  const auto ada = world.peer("ada");
  world.directory.begin_claim(red);
  CHECK(world.directory.end_claim(red, {ada->entry(), InUse::close}, 7).unused == 0);
  CHECK_FALSE(world.directory.lose_alias(red, 6).peer);
  CHECK(world.directory.find(red));
  const auto lost = world.directory.lose_alias(red, 7);
  CHECK(lost.peer == ada->entry());
  CHECK(lost.in_use == InUse::close);
  CHECK_FALSE(world.directory.find(red));
}
