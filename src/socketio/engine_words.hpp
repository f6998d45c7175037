#pragma once

#include <string_view>

namespace signaling::socketio {

// Packets that are the same in every session.
inline constexpr std::string_view close_packet = "1";
inline constexpr std::string_view ping_packet = "2";
inline constexpr std::string_view probe_answer_packet = "3probe";
inline constexpr std::string_view noop_packet = "6";

}  // namespace signaling::socketio
