#pragma once

#include <memory>

#include "signaling/core/router.hpp"

namespace signaling {

class PeerSession;
class RouterCore;

/// A peer whose transport is a pair of the host's functions.
std::shared_ptr<PeerSession> make_local_peer(const std::shared_ptr<RouterCore>& core,
                                             LocalPeerOptions options);

}  // namespace signaling
