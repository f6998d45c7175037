#include "echo.hpp"

#include <memory>
#include <span>
#include <utility>

namespace {

namespace net = signaling::net;
namespace socketio = signaling::socketio;

class EngineEcho final : public socketio::EngineHandler {
 public:
  void on_open(std::shared_ptr<socketio::EngineSocket> socket) override { socket_ = std::move(socket); }
  void on_message(const signaling::MessageView& message) override {
    signaling::FrameBuilder builder(message.bytes.size() + 1);
    if (message.kind == signaling::MessageKind::text) builder.append('4');
    const signaling::Frame frame = builder.append(message.bytes).finish(message.kind);
    socket_->send(std::span(&frame, 1));
  }
  void on_closed(signaling::CloseReason /*reason*/) override { socket_.reset(); }

 private:
  std::shared_ptr<socketio::EngineSocket> socket_;
};

class Echo final : public net::WebSocketHandler {
 public:
  void on_open(std::shared_ptr<net::WebSocket> socket) override { socket_ = std::move(socket); }
  void on_message(const signaling::MessageView& message) override {
    signaling::FrameBuilder builder(message.bytes.size());
    socket_->send(builder.append(message.bytes).finish(message.kind));
  }
  void on_closed(signaling::CloseReason /*reason*/) override { socket_.reset(); }

 private:
  std::shared_ptr<net::WebSocket> socket_;
};

}  // namespace

net::RawWebSocketRoute echo_route() {
  net::RawWebSocketRoute route;
  route.settings.first_message_timeout = std::chrono::milliseconds(0);
  route.accept = [](const net::HttpRequest& /*request*/) -> net::WebSocketDecision {
    return std::make_unique<Echo>();
  };
  return route;
}

net::EngineRoute engine_echo_route(const socketio::EngineOptions& options) {
  net::EngineRoute route;
  route.options = options;
  route.pause_reading_above = 64 * 1024;
  route.accept = [](const net::HttpRequest& /*request*/) -> net::EngineDecision {
    return std::make_unique<EngineEcho>();
  };
  return route;
}
