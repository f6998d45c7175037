#include "signaling/core/policy.hpp"

namespace signaling {

void Policy::attached(Router& /*router*/) {}

void Policy::authenticate(const ConnectInfo& /*info*/, Callback<void(Admission)> done) { done(Admission{}); }

void Policy::authorize_join(const Peer& /*peer*/, const JoinAttempt& /*attempt*/,
                            Callback<void(Decision)> done) {
  done(Decision::allow());
}

Decision Policy::authorize_update(const Peer& /*peer*/, const JoinAttempt& /*attempt*/) {
  return Decision::allow();
}

bool Policy::may_stay(const Peer& /*peer*/, std::string_view /*room*/) { return true; }

std::string Policy::ice_servers(const Peer& /*peer*/) { return {}; }

Decision Policy::authorize_send(const Peer& /*peer*/, const Message& /*message*/) {
  return Decision::allow();
}

void Policy::connected(const std::shared_ptr<Peer>& /*peer*/) {}

void Policy::away(const Peer& /*peer*/, CloseReason /*reason*/) {}

void Policy::resumed(const std::shared_ptr<Peer>& /*peer*/) {}

void Policy::disconnected(const Peer& /*peer*/, CloseReason /*reason*/) {}

void Policy::joined(const Peer& /*peer*/, std::string_view /*room*/) {}

void Policy::join_failed(const Peer& /*peer*/, std::string_view /*room*/, errc /*error*/) {}

void Policy::left(const Peer& /*peer*/, std::string_view /*room*/, LeaveReason /*reason*/) {}

}  // namespace signaling
