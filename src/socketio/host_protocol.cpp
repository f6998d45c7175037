// Path 3/8: message -> the host's handlers. Next: socketio/socket_session.cpp
#include "socketio/host_protocol.hpp"

#include "socketio/served_namespace.hpp"
#include "socketio/socket_session.hpp"

namespace signaling::socketio {

HostProtocol::HostProtocol(const ServedNamespace& nsp, const std::shared_ptr<SocketSession>& socket)
    : nsp_(nsp), socket_(socket) {}

void HostProtocol::decode(const MessageView& message, std::vector<Command>& /*commands*/) {
  if (const auto socket = socket_.lock()) socket->handle(message);
}

const std::shared_ptr<const Encoder>& HostProtocol::encoder() const noexcept { return nsp_.encoder(); }

}  // namespace signaling::socketio
