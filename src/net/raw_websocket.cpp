#include "net/raw_websocket.hpp"

#include <exception>
#include <utility>

#include "net/connection.hpp"
#include "net/worker.hpp"

namespace signaling::net {

// What the host holds: it may outlive the connection, which clears the pointer when it ends.
class RawWebSocket::Handle final : public WebSocket {
 public:
  Handle(RawWebSocket& session, boost::asio::any_io_executor executor)
      : session_(&session), executor_(std::move(executor)) {}

  void detach() noexcept { session_ = nullptr; }

  boost::asio::any_io_executor executor() const override { return executor_; }
  void send(const Frame& message) override {
    if (session_ != nullptr) session_->send(message);
  }
  void close(CloseReason reason) override {
    if (session_ != nullptr) session_->close(reason);
  }
  std::size_t queued_bytes() const noexcept override {
    return session_ != nullptr ? session_->queued_bytes() : 0;
  }

 private:
  RawWebSocket* session_;
  const boost::asio::any_io_executor executor_;
};

RawWebSocket::RawWebSocket(Connection& connection, const RawWebSocketRoute& route,
                           const websocket::ConnectionOptions& options,
                           std::unique_ptr<WebSocketHandler> handler)
    : WebSocketSession(connection, route.settings, options),
      handler_(std::move(handler)),
      pause_reading_above_(route.pause_reading_above) {}

RawWebSocket::~RawWebSocket() {
  if (handle_) handle_->detach();
}

template <class Call>
void RawWebSocket::guarded(Call call) {
  try {
    call();
    return;
  } catch (const std::exception& error) {
    connection().worker().context().log.write(LogLevel::error, "websocket-handler-failed",
                                              {{"error", error.what()}});
  } catch (...) {
    connection().worker().context().log.write(LogLevel::error, "websocket-handler-failed");
  }
  start_close(CloseReason::internal);
}

void RawWebSocket::opened() {
  handle_ = std::make_shared<Handle>(*this, connection().worker().executor());
  guarded([this] { handler_->on_open(handle_); });
}

void RawWebSocket::received(const MessageView& message) {
  guarded([&] { handler_->on_message(message); });
}

void RawWebSocket::send(const Frame& message) {
  if (has_ended()) return;
  queued_bytes_ += message.size();
  send_frames(std::span(&message, 1));
  if (pause_reading_above_ != 0 && queued_bytes_ > pause_reading_above_) connection().pause_reading();
}

void RawWebSocket::left(std::size_t message_bytes) {
  queued_bytes_ -= message_bytes;
  // Half is enough to go on: not to be stopped again by the next message.
  if (queued_bytes_ <= pause_reading_above_ / 2) connection().resume_reading();
  guarded([this] { handler_->on_written(); });
}

void RawWebSocket::ended(CloseReason reason) {
  handle_->detach();
  guarded([&] { handler_->on_closed(reason); });
}

}  // namespace signaling::net
