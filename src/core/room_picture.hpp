#pragma once

#include <cstdint>

#include "signaling/core/ids.hpp"

namespace signaling {

/// Who a node shows its members in a room, in short: of two nodes that show them the same, it is equal. Of others it differs,
/// but for one in four billion.
struct RoomPicture {
  Version version = 0;
  std::uint64_t members = 0;
  friend bool operator==(const RoomPicture&, const RoomPicture&) = default;
};

}  // namespace signaling
