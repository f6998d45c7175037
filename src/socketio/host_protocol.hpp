#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "signaling/core/protocol.hpp"

namespace signaling::socketio {

class ServedNamespace;
class SocketSession;

/// The protocol of a client whose events the host handles: they become no commands, but calls of its
/// handlers. On their way they pass the router's limits, and wait behind what the socket has asked for.
class HostProtocol final : public Protocol {
 public:
  HostProtocol(const ServedNamespace& nsp, const std::shared_ptr<SocketSession>& socket);

  std::string_view name() const noexcept override { return "socket.io"; }
  /// Engine.IO bounds them: EngineOptions::max_payload_bytes.
  std::size_t max_message_bytes(const Limits& /*limits*/) const noexcept override { return 0; }
  void decode(const MessageView& message, std::vector<Command>& commands) override;
  const std::shared_ptr<const Encoder>& encoder() const noexcept override;

 private:
  const ServedNamespace& nsp_;
  /// It owns the peer, which owns this.
  const std::weak_ptr<SocketSession> socket_;
};

}  // namespace signaling::socketio
