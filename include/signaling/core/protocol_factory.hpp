#pragma once

#include <memory>
#include <string_view>

#include "signaling/core/policy.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// A wire protocol as a server offers it: where its clients look for it, and the protocol object of each of them.
///
/// Threads: any thread may call everything, also concurrently.
class SIGNALING_API ProtocolFactory {
 public:
  virtual ~ProtocolFactory() = default;
  /// The path at which clients of this protocol usually connect, such as "/signaling".
  virtual std::string_view path() const noexcept = 0;
  /// The name of its WebSocket subprotocol (RFC 6455 1.9). Default: none.
  virtual std::string_view subprotocol() const noexcept { return {}; }
  /// Whether a client may be silent after it has connected: then a server does not limit the time for its first message,
  /// unless the route does. Default: false.
  virtual bool may_be_silent() const noexcept { return false; }
  /// Whether pages of every origin may connect, unless the route restricts them: for protocols whose clients are usually
  /// served from elsewhere. Default: false, the origins that the server allows.
  virtual bool admits_any_origin() const noexcept { return false; }
  /// Makes the protocol object of one client. Null: the protocol does not serve this target, and the server answers 404. An
  /// exception: 500.
  virtual std::unique_ptr<Protocol> make(const ConnectInfo& info) const = 0;
};

}  // namespace signaling
