#include "signaling/core/policy.hpp"

namespace signaling {

void Policy::authenticate(const ConnectInfo& /*info*/, Callback<void(Admission)> done) { done(Admission{}); }

void Policy::authorize_join(const Peer& /*peer*/, const JoinAttempt& /*attempt*/,
                            Callback<void(Decision)> done) {
  done(Decision::allow());
}

Decision Policy::authorize_update(const Peer& /*peer*/, const JoinAttempt& /*attempt*/) {
  return Decision::allow();
}

std::string Policy::ice_servers(const Peer& /*peer*/) { return {}; }

Decision Policy::authorize_send(const Peer& /*peer*/, const Envelope& /*envelope*/) {
  return Decision::allow();
}

void Policy::connected(const std::shared_ptr<Peer>& /*peer*/) {}

void Policy::disconnected(const Peer& /*peer*/, CloseReason /*reason*/) {}

void Policy::joined(const Peer& /*peer*/, std::string_view /*room*/) {}

void Policy::join_failed(const Peer& /*peer*/, std::string_view /*room*/, errc /*error*/) {}

void Policy::left(const Peer& /*peer*/, std::string_view /*room*/, LeaveReason /*reason*/) {}

}  // namespace signaling
