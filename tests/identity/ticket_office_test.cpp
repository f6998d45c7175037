#include "signaling/identity/ticket_office.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <stdexcept>
#include <string>

#include "support/fakes.hpp"
#include "testing/threads.hpp"

using namespace signaling;
using namespace signaling::identity;
using namespace signaling::testing;

namespace {

struct Office {
  explicit Office(std::size_t max_outstanding = 10) {
    options.clock = &clock;
    options.max_outstanding = max_outstanding;
    office = std::make_unique<TicketOffice>(options);
  }
  static Pass pass(std::string subject = "ada") {
    Pass pass;
    pass.subject = std::move(subject);
    return pass;
  }
  bool admits(std::string_view ticket) { return office->redeem(ticket).admitted(); }

  FakeClock clock;
  TicketOptions options;
  std::unique_ptr<TicketOffice> office;
};

}  // namespace

TEST_CASE("ticket: it brings what it was issued for, once") {
  Office o;
  Pass pass = Office::pass();
  pass.peer_id = "ada-phone";
  pass.grants.allow("lobby", {});
  const auto ticket = o.office->issue(pass);
  REQUIRE(ticket);
  const Verdict verdict = o.office->redeem(*ticket);
  REQUIRE(verdict.admitted());
  CHECK(verdict.pass().subject == "ada");
  CHECK(verdict.pass().peer_id == "ada-phone");
  CHECK(verdict.pass().grants.may_join("lobby"));
  CHECK_FALSE(verdict.pass().grants.may_join("office"));
  CHECK(o.office->redeem(*ticket).refusal() == "unknown-ticket");
}

TEST_CASE("ticket: it expires") {
  Office o;
  const auto first = o.office->issue(Office::pass());
  o.clock.advance(std::chrono::seconds(30));
  const auto second = o.office->issue(Office::pass());
  o.clock.advance(std::chrono::seconds(29));
  CHECK(o.office->outstanding() == 2);
  o.clock.advance(std::chrono::seconds(1));
  CHECK(o.office->outstanding() == 1);
  CHECK_FALSE(o.admits(*first));
  CHECK(o.admits(*second));
}

TEST_CASE("ticket: their number is bounded; used and expired ones make room") {
  Office o(2);
  const auto first = o.office->issue(Office::pass());
  CHECK(o.office->issue(Office::pass()));
  CHECK_FALSE(o.office->issue(Office::pass()));
  CHECK(o.admits(*first));
  CHECK(o.office->issue(Office::pass()));
  CHECK_FALSE(o.office->issue(Office::pass()));
  o.clock.advance(std::chrono::seconds(60));
  CHECK(o.office->issue(Office::pass()));
}

TEST_CASE("ticket: half of one is none, and a wrong guess does not use it up") {
  Office o;
  const auto ticket = *o.office->issue(Office::pass());
  const auto other = *o.office->issue(Office::pass("bob"));
  CHECK(ticket.size() == 44);  // 256 bits
  for (const std::string& guess : {std::string(), ticket.substr(0, 22), ticket.substr(22), ticket + "A",
                                   ticket.substr(0, 22) + other.substr(22), ticket.substr(0, 43)}) {
    CHECK_FALSE(o.admits(guess));
  }
  CHECK(o.admits(ticket));
}

TEST_CASE("ticket: no two are alike") {
  Office o(0);
  std::set<std::string> tickets;
  for (int i = 0; i < 1000; ++i) tickets.insert(*o.office->issue(Office::pass()));
  CHECK(tickets.size() == 1000);
}

TEST_CASE("ticket: of several threads that show it at once, one is admitted") {
  Office o;
  for (int round = 0; round < 50; ++round) {
    const auto ticket = *o.office->issue(Office::pass());
    std::atomic<int> admitted = 0;
    {
      ThreadGroup threads;
      for (int i = 0; i < 4; ++i) threads.start([&] { admitted += o.admits(ticket) ? 1 : 0; });
    }
    CHECK(admitted == 1);
  }
}

TEST_CASE("ticket: a lifetime that is none is refused") {
  TicketOptions options;
  options.lifetime = std::chrono::seconds(0);
  CHECK_THROWS_AS(TicketOffice{options}, std::invalid_argument);
}
