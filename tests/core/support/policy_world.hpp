#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/script_world.hpp"

namespace signaling::testing {

/// Answers when it is told to.
struct SlowPolicy final : Policy {
  void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override {
    tokens.push_back(info.token);
    admissions.push_back(std::move(done));
  }
  void authorize_join(const Peer& peer, const JoinAttempt& attempt, Callback<void(Decision)> done) override {
    attempts.push_back(peer.id() + " " + std::string(attempt.room));
    joins.push_back(std::move(done));
  }
  Decision authorize_update(const Peer& /*peer*/, const JoinAttempt& attempt) override {
    updates.push_back(std::string(attempt.room) + " " + std::string(attempt.metadata));
    return attempt.metadata == R"("rude")" ? Decision::refuse("be nice") : Decision::allow();
  }
  std::string ice_servers(const Peer& peer) override {
    return ice.empty() ? std::string() : '[' + ice + R"(,")" + peer.identity().subject + R"("])";
  }
  Decision authorize_send(const Peer& /*peer*/, const Message& message) override {
    reaches.push_back(message.reach);
    return message.payload == "rude" ? Decision::refuse("be nice") : Decision::allow();
  }
  void connected(const std::shared_ptr<Peer>& peer) override {
    seen.push_back("connected " + peer->id());
    last = peer;
  }
  void disconnected(const Peer& peer, CloseReason reason) override {
    seen.push_back("disconnected " + peer.id() + " " + std::string(to_string(reason)));
  }
  void joined(const Peer& peer, std::string_view room) override {
    seen.push_back("joined " + peer.id() + " " + std::string(room));
  }
  void join_failed(const Peer& peer, std::string_view room, errc error) override {
    seen.push_back("join_failed " + peer.id() + " " + std::string(room) + " " +
                   std::string(to_string(error)));
  }
  void left(const Peer& peer, std::string_view room, LeaveReason reason) override {
    seen.push_back("left " + peer.id() + " " + std::string(room) + " " + std::string(to_string(reason)));
  }

  void admit(const std::string& id) {
    Admission admission;
    admission.peer_id = id;
    admission.identity.subject = "user " + id;
    admissions.front()(std::move(admission));
    admissions.pop_front();
  }
  void decide(Decision decision) {
    joins.front()(std::move(decision));
    joins.pop_front();
  }

  std::vector<std::string> tokens;
  std::vector<std::string> attempts;
  std::vector<std::string> updates;
  std::vector<std::string> seen;
  std::vector<Reach> reaches;
  std::string ice;
  std::weak_ptr<Peer> last;
  std::deque<Callback<void(Admission)>> admissions;
  std::deque<Callback<void(Decision)>> joins;
};

struct PolicyWorld {
  explicit PolicyWorld(Strangers reach = Strangers::hidden) : strangers(reach) {}

  /// A client "a" that has had its welcome.
  std::unique_ptr<ScriptClient> admitted() {
    auto client = world.client("a");
    policy->admit("a");
    world.run();
    (void)client->heard();
    return client;
  }
  void wait(std::chrono::seconds time) {
    world.clock.advance(time);
    world.router.on_time();
    world.run();
  }

  const Strangers strangers;
  std::shared_ptr<SlowPolicy> policy = std::make_shared<SlowPolicy>();
  ScriptWorld world{[this] {
    RouterOptions options;
    options.policy = policy;
    options.strangers = strangers;
    return options;
  }()};
};

}  // namespace signaling::testing
