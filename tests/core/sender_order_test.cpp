#include "core/sender_order.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>

using namespace signaling;

namespace {

class FakePlace final : public SenderOrder::Place {
 public:
  void hear(const Message& /*message*/, const Route& /*route*/) override {}
  void resume() override { ++resumed; }

  int resumed = 0;
};

}  // namespace

TEST_CASE("sender order: messages of one sender have their turns as they came, whatever rooms they wait in") {
  SenderOrder order;
  const auto lobby = std::make_shared<FakePlace>();
  const auto stage = std::make_shared<FakePlace>();
  std::optional<SenderTicket> first = order.arrived("ada", lobby);
  const SenderTicket second = order.arrived("ada", stage);
  CHECK(order.is_turn(*first, lobby));
  CHECK_FALSE(order.is_turn(second, stage));
  CHECK(stage->resumed == 0);
  first.reset();
  CHECK(stage->resumed == 1);
  CHECK(lobby->resumed == 0);
  CHECK(order.is_next(second));
  CHECK(order.is_turn(second, stage));
}

TEST_CASE("sender order: senders do not wait for each other") {
  SenderOrder order;
  const auto lobby = std::make_shared<FakePlace>();
  const SenderTicket of_ada = order.arrived("ada", lobby);
  const SenderTicket of_bob = order.arrived("bob", lobby);
  CHECK(order.is_turn(of_bob, lobby));
  CHECK(order.is_turn(of_ada, lobby));
}

TEST_CASE("sender order: the place of the last message that waits is known, and nothing once all are done") {
  SenderOrder order;
  const auto lobby = std::make_shared<FakePlace>();
  auto stage = std::make_shared<FakePlace>();
  CHECK_FALSE(order.is_waiting("ada"));
  CHECK(order.place_of_last("ada") == nullptr);
  {
    const SenderTicket first = order.arrived("ada", lobby);
    const SenderTicket second = order.arrived("ada", stage);
    CHECK(order.is_waiting("ada"));
    CHECK(order.place_of_last("ada") == stage);
    stage.reset();
    CHECK(order.place_of_last("ada") == nullptr);  // the room has gone
  }
  CHECK_FALSE(order.is_waiting("ada"));
}

TEST_CASE("sender order: a ticket that was moved from ends nothing") {
  SenderOrder order;
  const auto lobby = std::make_shared<FakePlace>();
  SenderTicket first = order.arrived("ada", lobby);
  { const SenderTicket moved = std::move(first); }
  CHECK_FALSE(order.is_waiting("ada"));
}
