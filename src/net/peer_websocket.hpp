#pragma once

#include <memory>

#include "net/websocket_session.hpp"
#include "signaling/core/link.hpp"
#include "signaling/core/transport.hpp"

namespace signaling::net {

/// A WebSocket whose client is a peer of the router.
class PeerWebSocket final : public WebSocketSession, public Transport {
 public:
  PeerWebSocket(Connection& connection, const WebSocketSettings& settings,
                const websocket::ConnectionOptions& options, std::unique_ptr<Protocol> protocol,
                ConnectInfo info);

  boost::asio::any_io_executor executor() override;
  void write(std::span<const Frame> frames) override;
  void set_reading(bool reading) override;
  void probe(std::chrono::milliseconds time) override;
  void close(CloseReason reason) override;
  void close_with(CloseReason reason, const CloseStatus& status) override;

 private:
  struct Introduction {
    std::unique_ptr<Protocol> protocol;
    ConnectInfo info;
  };

  void opened() override;
  void received(const MessageView& message) override;
  void left(std::size_t message_bytes) override;
  void showed_life() override;
  void ended(CloseReason reason) override;

  std::unique_ptr<Introduction> introduction_;  // until opened
  Link link_;
};

}  // namespace signaling::net
