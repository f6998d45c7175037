#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "signaling/core/frame.hpp"
#include "signaling/socketio/connection.hpp"

namespace signaling::socketio {

struct Connection::StoredPacket {
  /// Without the `4` of Engine.IO.
  std::string text;
  std::vector<Frame> attachments;
  std::size_t attachment_bytes = 0;
  /// Attachments that have not come.
  std::size_t missing = 0;

  /// What it costs to keep it.
  std::size_t bytes() const noexcept { return sizeof(*this) + text.size() + attachment_bytes; }
};

struct Connection::Namespace {
  std::string name;
  NamespaceState state = NamespaceState::requested;
  /// What came while it was requested.
  std::vector<StoredPacket> held;
};

struct Connection::Closing {
  std::string name;
  CloseReason reason;
};

}  // namespace signaling::socketio
