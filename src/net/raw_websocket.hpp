#pragma once

#include <memory>

#include "net/websocket_session.hpp"

namespace signaling::net {

/// A WebSocket that the host handles itself.
class RawWebSocket final : public WebSocketSession {
 public:
  RawWebSocket(Connection& connection, const RawWebSocketRoute& route,
               const websocket::ConnectionOptions& options, std::unique_ptr<WebSocketHandler> handler);
  ~RawWebSocket() override;

  // For the handle that the host has.
  void send(const Frame& message);
  void close(CloseReason reason) { start_close(reason); }
  std::size_t queued_bytes() const noexcept { return queued_bytes_; }

 private:
  class Handle;

  void opened() override;
  void received(const MessageView& message) override;
  void left(std::size_t message_bytes) override;
  void ended(CloseReason reason) override;
  template <class Call>
  void guarded(Call call);

  std::unique_ptr<WebSocketHandler> handler_;
  std::shared_ptr<Handle> handle_;
  std::size_t queued_bytes_ = 0;
  const std::size_t pause_reading_above_;
};

}  // namespace signaling::net
