#include "net/engine_websocket.hpp"

#include <utility>

#include "net/connection.hpp"
#include "net/engine_driver.hpp"
#include "net/engine_endpoint.hpp"

namespace signaling::net {

EngineWebSocket::EngineWebSocket(Connection& connection, const WebSocketSettings& settings,
                                 const websocket::ConnectionOptions& options,
                                 std::shared_ptr<EngineDriver> driver)
    : WebSocketSession(connection, settings, options), driver_(std::move(driver)) {}

EngineWebSocket::~EngineWebSocket() = default;

void EngineWebSocket::opened() { driver_->on_websocket_open(*this); }

void EngineWebSocket::received(const MessageView& message) { driver_->on_websocket_message(*this, message); }

void EngineWebSocket::write(std::span<const Frame> frames) {
  for (const Frame& frame : frames) queued_bytes_ += frame.size();
  send_frames(frames);
  const std::size_t bound = driver_->endpoint().pause_reading_above();
  if (bound != 0 && queued_bytes_ > bound) connection().pause_reading();
}

void EngineWebSocket::write_first(const Frame& frame) {
  queued_bytes_ += frame.size();
  send_first(frame);
}

void EngineWebSocket::left(std::size_t message_bytes) {
  queued_bytes_ -= message_bytes;
  // Half is enough to go on: not to be stopped again by the next message.
  const bool has_room = queued_bytes_ <= driver_->endpoint().pause_reading_above() / 2;
  if (has_room) connection().resume_reading();
  driver_->on_written(message_bytes);
}

void EngineWebSocket::ended(CloseReason reason) {
  if (is_page_left()) driver_->on_page_left(*this);
  driver_->on_websocket_closed(*this, reason);
}

}  // namespace signaling::net
