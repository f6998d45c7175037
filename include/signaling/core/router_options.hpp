#pragma once

#include <cstdint>
#include <memory>

#include "signaling/core/clock.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/limits.hpp"
#include "signaling/core/log.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/state_store.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// Whether a client may choose its own peer id if the policy does not choose one.
enum class ClientIds : std::uint8_t { ignore, accept };

/// Whether a client can reach peers with which it shares no room, by their id.
enum class Strangers : std::uint8_t {
  hidden,     ///< never, except that protocols without rooms reach their own peers: the default
  reachable,  ///< any peer, of any protocol, with a message that names no room; the policy gets Reach::anybody
};

/// The router reads all fields when it is constructed and not later; Router::set_limits replaces the limits.
struct SIGNALING_API RouterOptions {
  Limits limits;  ///< limits on the resources of each peer
  /// Null: a MemoryStore of its own.
  std::shared_ptr<StateStore> store;
  /// Null: every peer may do everything.
  std::shared_ptr<Policy> policy;
  /// Null: nothing is logged.
  std::shared_ptr<LogSink> log;
  /// Null: the machine's steady clock. Must outlive the router. A host with a clock of its own must call `on_time`;
  /// with the default clock, the router runs timers.
  const Clock* clock = nullptr;
  /// Null: the system's generator. Must outlive the router.
  Random* random = nullptr;
  /// Default `ignore`: ids are 128 random bits, so no client can guess another's.
  ClientIds client_ids = ClientIds::ignore;
  /// Default `hidden`: a client cannot even find out whether such a peer exists.
  Strangers strangers = Strangers::hidden;
  /// The id of this process among those that share the store. Empty: a random id.
  NodeId node;
};

}  // namespace signaling
