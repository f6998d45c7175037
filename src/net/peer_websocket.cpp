// Path 2/8 and 8/8 of the bundled server: a peer's WebSocket. Next: core/link.cpp (in), net/websocket_session.cpp
// (out).
#include "net/peer_websocket.hpp"

#include <utility>

#include "net/connection.hpp"
#include "net/worker.hpp"
#include "signaling/core/router.hpp"

namespace signaling::net {

PeerWebSocket::PeerWebSocket(Connection& connection, const WebSocketSettings& settings,
                             const websocket::ConnectionOptions& options, std::unique_ptr<Protocol> protocol,
                             ConnectInfo info)
    : WebSocketSession(connection, settings, options),
      introduction_(std::make_unique<Introduction>(Introduction{std::move(protocol), std::move(info)})) {}

boost::asio::any_io_executor PeerWebSocket::executor() { return connection().worker().executor(); }
void PeerWebSocket::write(std::span<const Frame> frames) { send_frames(frames); }
void PeerWebSocket::set_reading(bool reading) { set_input(reading); }
void PeerWebSocket::probe(std::chrono::milliseconds time) { demand_sign(time); }
void PeerWebSocket::close(CloseReason reason) { start_close(reason); }

void PeerWebSocket::close_with(CloseReason reason, const CloseStatus& status) { start_close(reason, status); }

void PeerWebSocket::opened() {
  const auto introduction = std::move(introduction_);
  link_ = connection().worker().context().router.connect(*this, std::move(introduction->protocol),
                                                         introduction->info);
}

void PeerWebSocket::received(const MessageView& message) { link_.receive(message); }

void PeerWebSocket::left(std::size_t message_bytes) { link_.written(message_bytes); }

void PeerWebSocket::showed_life() { link_.alive(); }

void PeerWebSocket::ended(CloseReason reason) { link_.disconnect(reason); }

}  // namespace signaling::net
