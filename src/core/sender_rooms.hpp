#pragma once

#include <boost/container/small_vector.hpp>
#include <string>
#include <string_view>

#include "signaling/core/ids.hpp"

namespace signaling {

/// One of the rooms that the sender of a message is in, as they travel in Route::from_rooms.
struct SenderRoom {
  std::string_view room;
  Version joined_at = 0;
};

void append_sender_room(std::string& bytes, const SenderRoom& room);
/// Views of `bytes`. What cannot be read is left out.
boost::container::small_vector<SenderRoom, 4> sender_rooms(std::string_view bytes);

}  // namespace signaling
