#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "signaling/testing/state_store_contract.hpp"
#include "testing/case_end.hpp"
#include "testing/store_node.hpp"
#include "testing/store_text.hpp"

namespace signaling::testing {

/// A cluster for one case: nodes, and questions that end the case if the answer is wrong.
class StoreWorld {
 public:
  explicit StoreWorld(StateStoreFixture& fixture) : fixture_(fixture) {}
  StoreWorld(const StoreWorld&) = delete;
  StoreWorld& operator=(const StoreWorld&) = delete;
  ~StoreWorld();

  StateStoreFixture& fixture() noexcept { return fixture_; }
  /// One more node, open.
  StoreNode& node();
  void close(StoreNode& node);
  /// Nothing comes from it any more. Ends the case as skipped if the fixture cannot.
  void crash(StoreNode& node);

  /// Claims an id on the node; the id must be free.
  Someone arrive(StoreNode& node, std::string id, std::string secret = new_secret(), std::string resume = {});
  /// Successful operations. The answer of `join` is checked against `version`.
  StateStore::Joined join(StoreNode& node, const std::string& room, const Someone& who, Version version);
  void leave(StoreNode& node, const std::string& room, const Someone& who, Version version,
             LeaveReason reason = LeaveReason::leave);
  RoomState snapshot(StoreNode& node, const std::string& room, Version known = 0);
  void expect_room(StoreNode& node, const std::string& room, const RoomState& state);

  template <class Value>
  Answer<Value> wait(const Pending<Value>& pending, std::string_view what) {
    run_until([&] { return pending.is_done(); }, std::string(what) + " is answered");
    return pending.answer();
  }
  template <class Value>
  Value succeed(const Pending<Value>& pending, std::string_view what) {
    const Answer<Value> answer = wait(pending, what);
    if (answer.error) fail(std::string(what) + " failed: " + to_line(answer.error));
    return answer.value;
  }
  template <class Value>
  void refuse(const Pending<Value>& pending, errc error, std::string_view what) {
    const Answer<Value> answer = wait(pending, what);
    if (answer.error != error) {
      fail(std::string(what) + ": expected " + std::string(to_string(error)) + ", got " +
           to_line(answer.error));
    }
  }

  /// Ends the case if that does not come true.
  void run_until(const std::function<bool()>& done, const std::string& what);
  void run_until(const std::function<bool()>& done, const std::string& what,
                 std::chrono::milliseconds at_most);
  /// Waits for as many lines; they must be these. One too many shows at the next look, or in `finish`.
  void expect(StoreNode& node, const Lines& lines);
  /// The rest is of no interest.
  void ignore_news();
  /// Waits until everything that is under way has come. Then each operation was answered, no node has noted a fault, and
  /// none was told what the case did not ask for.
  void finish();
  /// What a node has noted, if one has.
  std::string fault() const;

 private:
  void check_faults();
  void await_answers();
  void exchange_marks();
  void mark(StoreNode& sender, StoreNode& receiver, const PeerId& peer);

  StateStoreFixture& fixture_;
  std::vector<std::unique_ptr<StoreNode>> nodes_;
};

/// A message to a room; `payload` and the others must outlive it.
Sent to_room(std::string_view room, std::string_view payload);
Sent to_member(std::string_view room, std::string_view to, std::string_view payload);
Sent to_peer(std::string_view to, std::string_view payload);
/// With `peer` empty it is for the members of `room`.
NodeCommand make_command(NodeCommand::Kind kind, std::string_view peer, std::string_view room = {});

}  // namespace signaling::testing
