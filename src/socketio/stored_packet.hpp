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
  CloseReason reason = CloseReason::normal;
};

struct Connection::Backlog {
  /// Ends of namespaces that are not told yet, and the one that was told last.
  std::vector<Closing> closings;
  Closing told;
  /// What accepted namespaces have to go on with.
  std::vector<StoredPacket> ready;
  std::size_t next_ready = 0;
};

}  // namespace signaling::socketio
