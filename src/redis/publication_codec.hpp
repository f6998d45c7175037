#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "signaling/core/state_store.hpp"

namespace signaling::redis {

/// A message that another node has published; its views point into the bytes it was read from.
struct PublishedMessage {
  Message message;
  Route route;
};

/// What one node publishes to others.
using Publication = std::variant<PublishedMessage, NodeCommand>;

/// How publications travel between nodes: one behind the other in a string.
///
/// Format: a version byte; a letter, `m` or `c`; the enumerations, one byte each; of a message two numbers of 64 bits; then
/// each text as its length (LEB128) and its bytes. A node of another version, or a foreign hand, may have written anything,
/// so reading checks everything. An error code that only a newer node knows is read as `errc::messages_lost`.
void append(std::string& bytes, const Message& message, const Route& route);
void append(std::string& bytes, const NodeCommand& command);

/// Takes the first publication off `bytes`. Nothing: it cannot be read, nor what is behind it.
std::optional<Publication> take_publication(std::string_view& bytes);

}  // namespace signaling::redis
