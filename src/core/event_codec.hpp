#pragma once

#include <vector>

#include "signaling/core/event.hpp"
#include "signaling/core/frame.hpp"

namespace signaling {

/// An event as bytes, for a local peer's queue: it has to wait there until the peer's executor takes it, and the views
/// in it do not live that long.
Frame pack(const Event& event);

/// The event again, with views into `frame` and `members`. Only for what `pack` made in this process.
Event unpack(const Frame& frame, std::vector<MemberView>& members);

}  // namespace signaling
