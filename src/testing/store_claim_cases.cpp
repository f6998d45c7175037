// Who has a peer id: claims, takeovers, releases.
#include <algorithm>

#include "testing/store_cases.hpp"
#include "testing/store_world.hpp"

namespace signaling::testing {
namespace {

// A release may take its time.
Someone claim_when_free(StoreWorld& w, StoreNode& node, const std::string& id) {
  std::optional<Pending<Epoch>> pending;
  const auto is_claimed = [&] {
    if (pending && !pending->is_done()) return false;
    if (pending && !pending->answer().error) return true;
    pending = node.start_claim(id);
    return false;
  };
  w.run_until(is_claimed, quote(id) + " is free");
  return {id, pending->answer().value, node.id()};
}

void one_owner(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  w.arrive(one, "a", "secret");
  w.refuse(two.start_claim("a", "other secret"), errc::id_in_use, "another node's claim");
  w.refuse(one.start_claim("a", "third secret"), errc::id_in_use, "another claim of the same node");
  w.arrive(two, "b");
}

void greater_epochs(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  Epoch last = 0;
  for (int i = 0; i < 6; ++i) {
    StoreNode& node = i % 2 == 0 ? one : two;
    const Someone a = claim_when_free(w, node, "a");
    require(a.epoch > last, "the epoch of a claim was not greater than the one before");
    last = a.epoch;
    node.release("a", a.epoch);
  }
}

void one_of_many(StoreWorld& w) {
  std::vector<Pending<Epoch>> claims;
  std::vector<StoreNode*> nodes;
  claims.reserve(5);
  nodes.reserve(5);
  for (int i = 0; i < 5; ++i) nodes.push_back(&w.node());
  for (StoreNode* node : nodes) claims.push_back(node->start_claim("a", "secret of " + node->id()));
  std::size_t winners = 0;
  for (const auto& claim : claims) {
    const auto answer = w.wait(claim, "claim");
    require(!answer.error || answer.error == errc::id_in_use, "a claim failed: " + to_line(answer.error));
    if (!answer.error) ++winners;
  }
  require(winners == 1, std::to_string(winners) + " of 5 nodes got the id");
}

void release_by_epoch(StoreWorld& w) {
  StoreNode& one = w.node();
  const Someone before = w.arrive(one, "a");
  one.release("a", before.epoch);
  const Someone now = claim_when_free(w, one, "a");
  one.release("a", before.epoch);
  one.release("a", now.epoch + 1);
  w.refuse(one.start_claim("a"), errc::id_in_use, "a claim after releases of other epochs");
}

void takeover(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  const Someone before = w.arrive(one, "a", "first secret");
  const Someone now = w.arrive(two, "a", "second secret", "first secret");
  require(now.epoch > before.epoch, "the takeover's epoch is not greater");
  w.expect(one, {displaced(before)});
  w.refuse(one.start_claim("a", "third secret"), errc::id_in_use, "a claim of the old node");
  w.expect(two, {});
}

void takeover_needs_secret(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  w.arrive(one, "a", "secret");
  w.arrive(one, "b", "");
  for (const std::string_view wrong : {"", "secre", "secret2", "Secret"}) {
    const std::string resume(wrong);
    w.refuse(two.start_claim("a", "x" + resume, resume), errc::id_in_use, "a takeover with " + quote(resume));
  }
  w.refuse(two.start_claim("a", "y", std::string("secret\0", 7)), errc::id_in_use,
           "a takeover with NUL behind");
  w.refuse(two.start_claim("b", "z", "secret"), errc::id_in_use, "a takeover of a claim without a secret");
  w.refuse(two.start_claim("b", "z2", ""), errc::id_in_use, "a takeover without a secret of one without");
}

void takeover_only(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  w.refuse(two.start_take_over("a", "new secret", "any secret"), errc::peer_not_found,
           "a take-over of an id that nobody has");
  const Someone before = w.arrive(one, "a", "secret");
  w.refuse(two.start_take_over("a", "new secret", "wrong"), errc::id_in_use,
           "a take-over with another secret");
  const auto taken = w.wait(two.start_take_over("a", "new secret", "secret"), "take-over");
  require(!taken.error, "a take-over failed: " + to_line(taken.error));
  require(taken.value > before.epoch, "the take-over's epoch is not greater");
  w.expect(one, {displaced(before)});
}

void takeover_wears_out(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  StoreNode& three = w.node();
  const Someone first = w.arrive(one, "a", "first secret");
  const Someone second = w.arrive(two, "a", "second secret", "first secret");
  w.expect(one, {displaced(first)});
  w.refuse(three.start_claim("a", "third secret", "first secret"), errc::id_in_use,
           "a takeover with the secret of a claim that is over");
  w.arrive(three, "a", "third secret", "second secret");
  w.expect(two, {displaced(second)});
}

void late_release(StoreWorld& w) {
  StoreNode& one = w.node();
  StoreNode& two = w.node();
  StoreNode& three = w.node();
  const Someone before = w.arrive(one, "a", "first secret");
  w.arrive(two, "a", "second secret", "first secret");
  w.expect(one, {displaced(before)});
  one.release("a", before.epoch);
  w.refuse(one.start_claim("a", "x"), errc::id_in_use, "a claim after the release of an epoch that is over");
  w.refuse(three.start_claim("a", "y"), errc::id_in_use,
           "a claim after the release of an epoch that is over");
}

}  // namespace

void add_claim_cases(StoreCases& cases) {
  cases.insert(
      cases.end(),
      {{"claim_one_owner", "An id has one owner; a second claim gets id_in_use, from the same node too.",
        one_owner},
       {"claim_greater_epochs", "Each claim of an id has a greater epoch than all previous ones.",
        greater_epochs},
       {"claim_one_of_many", "If several nodes claim an id at once, exactly one gets it.", one_of_many},
       {"release_by_epoch", "Only the epoch that owns an id can release it.", release_by_epoch},
       {"takeover_displaces",
        "Another node takes an id over with the resume secret; the old node is notified.", takeover},
       {"takeover_needs_secret",
        "No node takes an id over without the secret, or an id that was claimed without one.",
        takeover_needs_secret},
       {"takeover_only", "A claim that must take an id over gets peer_not_found if nobody has the id.",
        takeover_only},
       {"takeover_wears_out", "A takeover invalidates the old secret.", takeover_wears_out},
       {"takeover_late_release", "The late release of a displaced claim frees nothing.", late_release}});
}

}  // namespace signaling::testing
