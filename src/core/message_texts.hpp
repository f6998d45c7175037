#pragma once

#include <array>

#include "signaling/core/message.hpp"

namespace signaling {

// All texts of a message and of its route, for whoever keeps them.
inline constexpr std::array message_texts{&Message::event,   &Message::to,       &Message::room,
                                          &Message::payload, &Message::language, &Message::original};
inline constexpr std::array route_texts{&Route::from, &Route::from_metadata, &Route::from_rooms,
                                        &Route::room};

}  // namespace signaling
