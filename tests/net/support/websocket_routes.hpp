#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

#include "net/support/client.hpp"
#include "net/support/test_server.hpp"
#include "support/text_protocol.hpp"

namespace signaling::net::testing {

/// Sends back what it gets. "throw" throws, "kick" closes.
class EchoHandler final : public WebSocketHandler {
 public:
  explicit EchoHandler(std::promise<CloseReason>* closed = nullptr,
                       std::atomic<std::size_t>* most_queued = nullptr)
      : closed_(closed), most_queued_(most_queued) {}
  void on_open(std::shared_ptr<WebSocket> socket) override { socket_ = std::move(socket); }
  void on_message(const MessageView& message) override {
    if (message.bytes == "throw") throw std::runtime_error("x");
    if (message.bytes == "kick") {
      socket_->send(Frame::text("last words"));
      socket_->close(CloseReason::kicked);
    }
    const auto bytes = std::as_bytes(std::span(message.bytes));
    socket_->send(message.kind == MessageKind::text ? Frame::text(message.bytes) : Frame::binary(bytes));
    if (most_queued_ != nullptr) *most_queued_ = std::max(most_queued_->load(), socket_->queued_bytes());
  }
  void on_closed(CloseReason reason) override {
    if (closed_ != nullptr) closed_->set_value(reason);
  }

 private:
  std::shared_ptr<WebSocket> socket_;
  std::promise<CloseReason>* closed_;
  std::atomic<std::size_t>* most_queued_;
};

inline RawWebSocketRoute echo_route(std::promise<CloseReason>* closed = nullptr) {
  RawWebSocketRoute route;
  route.accept = [closed](const HttpRequest&) {
    return WebSocketDecision(std::make_unique<EchoHandler>(closed));
  };
  return route;
}

inline void add_routes(Server& server) {
  server.websocket("/echo", echo_route());
  ProtocolRoute route;
  route.settings.subprotocols = {"text"};
  server.add(signaling::testing::TextProtocolFactory(), route);
}

/// Observes when and why peers go.
class Observer final : public Policy {
 public:
  void authenticate(const ConnectInfo& info, Callback<void(Admission)> done) override {
    info_.set_value(info);
    done({});
  }
  void disconnected(const Peer&, CloseReason reason) override { reason_.set_value(reason); }

  ConnectInfo info() { return info_.get_future().get(); }
  CloseReason reason() {
    auto future = reason_.get_future();
    REQUIRE(future.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    return future.get();
  }

 private:
  std::promise<ConnectInfo> info_;
  std::promise<CloseReason> reason_;
};

inline RouterOptions with_policy(std::shared_ptr<Policy> policy) {
  RouterOptions options;
  options.policy = std::move(policy);
  return options;
}

}  // namespace signaling::net::testing
