#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "net/websocket_session.hpp"
#include "signaling/socketio/engine_session.hpp"

namespace signaling::net {

class EngineDriver;

/// A WebSocket that is, or wants to become, the transport of an Engine.IO session. Lives on the session's worker.
class EngineWebSocket final : public WebSocketSession {
 public:
  EngineWebSocket(Connection& connection, const WebSocketSettings& settings,
                  const websocket::ConnectionOptions& options, std::shared_ptr<EngineDriver> driver);
  ~EngineWebSocket() override;

  // For the driver.
  socketio::SocketId id() const noexcept { return id_; }
  void set_id(socketio::SocketId id) noexcept { id_ = id; }
  void write(std::span<const Frame> frames);
  /// Ahead of most of what waits for the socket.
  void write_first(const Frame& frame);
  void set_reading(bool reading) { set_input(reading); }
  void close(CloseReason reason) { start_close(reason); }

 private:
  void opened() override;
  void received(const MessageView& message) override;
  void left(std::size_t message_bytes) override;
  void ended(CloseReason reason) override;

  const std::shared_ptr<EngineDriver> driver_;
  socketio::SocketId id_ = 0;
  std::size_t queued_bytes_ = 0;
};

}  // namespace signaling::net
