#pragma once

#include <string>

#include "signaling/core/policy.hpp"

namespace signaling::socketio {

/// The request that opened a connection, in one piece of memory: there is one for every idle client, and it is needed
/// only when a client enters a namespace.
class PackedRequest {
 public:
  explicit PackedRequest(const ConnectInfo& info);
  ConnectInfo unpack() const;

 private:
  std::string bytes_;
};

}  // namespace signaling::socketio
