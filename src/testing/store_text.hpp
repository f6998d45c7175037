#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/state_store.hpp"

namespace signaling::testing {

/// What a node was told, one line each. Two lines are the same if and only if they say the same.
using Lines = std::vector<std::string>;

/// A message and the way it goes.
struct Sent {
  Message message;
  Route route;
};

/// Printable; what is long is shortened to its length, a hash and its beginning.
std::string quote(std::string_view bytes);
std::string to_line(const MembershipChange& change);
std::string to_line(const Sent& sent);
std::string to_line(const NodeCommand& command);
std::string to_line(const StoreMember& member);
/// The version, and the members in the order of their ids.
std::string to_line(const RoomState& state);
std::string to_line(std::error_code error);
std::string join_lines(const Lines& lines);

}  // namespace signaling::testing
