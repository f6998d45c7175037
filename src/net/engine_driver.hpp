// Path 3/8 and 6/8 of the bundled server: drives socketio/engine_session. Next: the host's EngineHandler (in),
// net/engine_websocket.cpp or an answer to a poll (out).
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/resident.hpp"
#include "net/timer_wheel.hpp"
#include "signaling/net/http.hpp"
#include "signaling/socketio/engine_session.hpp"
#include "signaling/socketio/engine_socket.hpp"

namespace signaling::net {

class EngineEndpoint;
class EngineWebSocket;
class Worker;

/// A request of a client that polls, as far as its session needs it.
struct EngineRequest {
  enum class Kind : std::uint8_t { get, post };
  Kind kind;
  socketio::RequestId id;
  std::string body;
  HttpResponder responder;
  /// What every answer to it carries.
  HttpFields headers;
};

/// The answer to a request that a session, or nobody, refuses.
HttpResponse engine_refusal(socketio::EngineError error, HttpFields headers);

/// One Engine.IO session: tells EngineSession what comes, does what it asks for, and hands messages to the handler.
///
/// Ownership: by its worker and the endpoint's registry from its first request or WebSocket to its end; the handler may
/// keep it longer.
/// Threads: `sid`, `executor`, `worker` before the end, and `next_request` any; the rest on the worker's executor.
class EngineDriver final : public socketio::EngineSocket,
                           public Resident,
                           public Timed,
                           public std::enable_shared_from_this<EngineDriver> {
 public:
  EngineDriver(std::shared_ptr<EngineEndpoint> endpoint, std::shared_ptr<Worker> worker,
               std::unique_ptr<socketio::EngineHandler> handler);
  ~EngineDriver() override;

  const std::string& sid() const noexcept { return session_.sid(); }
  const EngineEndpoint& endpoint() const noexcept { return *endpoint_; }
  socketio::RequestId next_request() noexcept {
    return next_request_.fetch_add(1, std::memory_order_relaxed);
  }

  // What comes. The first of these opens the session.
  void on_request(EngineRequest request);
  void on_request_aborted(socketio::RequestId request);
  void on_websocket_open(EngineWebSocket& websocket);
  void on_websocket_message(const EngineWebSocket& websocket, const MessageView& message);
  /// So many bytes of messages have left.
  void on_written(std::size_t message_bytes);
  void on_page_left(const EngineWebSocket& websocket);
  void on_websocket_closed(const EngineWebSocket& websocket, CloseReason reason);
  void on_stop() override;
  void on_deadline(TimePoint now) override;

  // For the handler.
  boost::asio::any_io_executor executor() const override { return executor_; }
  void send(std::span<const Frame> frames) override;
  void set_reading(bool reading) override;
  void close(CloseReason reason) override;
  std::size_t queued_bytes() const noexcept override { return queued_bytes_; }

 private:
  bool reads_websockets() const noexcept;
  void apply_reading();

  /// A request that was not answered yet.
  struct Pending {
    socketio::RequestId id;
    HttpResponder responder;
    HttpFields headers;
  };
  /// Frames for one WebSocket, gathered while actions are taken.
  struct Gathered {
    std::vector<Frame> frames;
    socketio::SocketId socket = 0;
  };

  void start();
  void catch_up(TimePoint now);
  void schedule();
  void finish();
  template <class Call>
  void guarded(Call call);

  void pump();
  bool hand_up();
  void tell_pong();
  bool hand_down();
  void handle(const socketio::engine_event::Message& event);
  void handle(const socketio::engine_event::Closed& event);
  void perform(socketio::engine_action::AnswerGet& action, Gathered& gathered);
  void perform(socketio::engine_action::AnswerPost& action, Gathered& gathered);
  void perform(socketio::engine_action::Refuse& action, Gathered& gathered);
  void perform(socketio::engine_action::WriteFrame& action, Gathered& gathered);
  void perform(socketio::engine_action::CloseWebSocket& action, Gathered& gathered);

  void on_answer_left(std::size_t message_bytes, AnswerFate fate);
  void write(Gathered& gathered);
  void close_if_slow();
  std::optional<Pending> take_pending(socketio::RequestId request);
  EngineWebSocket* find(socketio::SocketId socket) const noexcept;
  void forget(socketio::SocketId socket) noexcept;

  const std::shared_ptr<EngineEndpoint> endpoint_;
  std::shared_ptr<Worker> worker_;  // null: over
  const boost::asio::any_io_executor executor_;
  socketio::EngineSession session_;
  std::unique_ptr<socketio::EngineHandler> handler_;
  std::atomic<socketio::RequestId> next_request_{1};

  std::vector<Pending> pending_;
  std::vector<EngineWebSocket*> websockets_;
  socketio::SocketId next_socket_ = 1;

  TimePoint scheduled_at_ = TimePoint::max();  // when on_deadline will be called
  // Of the handler's messages, wherever they are. Heartbeats leave among them, so this may be a few bytes short.
  std::size_t queued_bytes_ = 0;
  std::size_t payload_bytes_ = 0;  // of those among them that are in the next AnswerGet
  bool is_reading_ = true;         // what the handler wants
  bool started_ = false;           // others know it
  bool opened_ = false;            // the handler was told
  bool awaits_pong_ = false;       // the handler was told of a ping
  bool pumping_ = false;
  bool ended_ = false;  // the handler was told
};

}  // namespace signaling::net
