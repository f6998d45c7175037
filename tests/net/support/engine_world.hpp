#pragma once

#include <atomic>
#include <boost/asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "net/support/client.hpp"
#include "net/support/test_server.hpp"
#include "signaling/net/engine_route.hpp"

namespace signaling::net::testing {

/// What the sessions of a path saw, in order. Threads: any.
class Journal {
 public:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  /// The next line; waits for it.
  std::string next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return !lines_.empty(); })) {
      throw std::runtime_error("nothing happened for ten seconds");
    }
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }
  bool empty() {
    const std::lock_guard lock(mutex_);
    return lines_.empty();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
};

inline Frame engine_message(std::string_view text) { return Frame::text('4' + std::string(text)); }

/// Echoes, and notes in the journal what it sees: "open", "text x", "binary x", "written", "closed <reason>", and
/// "wrong thread" if it is called on another thread than before. The text "throw" makes it throw.
class EchoingHandler final : public socketio::EngineHandler {
 public:
  struct Shared {
    Journal journal;
    std::promise<std::shared_ptr<socketio::EngineSocket>> socket;  // of the first session
    std::atomic<bool> is_taken{false};
    std::atomic<bool> echoes{true};
  };
  explicit EchoingHandler(Shared& shared) : shared_(shared) {}

  void on_open(std::shared_ptr<socketio::EngineSocket> socket) override {
    socket_ = socket;
    thread_ = std::this_thread::get_id();
    shared_.journal.add("open");
    if (!shared_.is_taken.exchange(true)) shared_.socket.set_value(std::move(socket));
  }
  void on_message(const MessageView& message) override {
    check_thread();
    if (message.bytes == "throw") throw std::runtime_error("x");
    const bool is_text = message.kind == MessageKind::text;
    shared_.journal.add((is_text ? "text " : "binary ") + std::string(message.bytes.substr(0, 100)));
    if (!shared_.echoes) return;
    const Frame frame =
        is_text ? engine_message(message.bytes) : Frame::binary(std::as_bytes(std::span(message.bytes)));
    socket_->send(std::span(&frame, 1));
  }
  void on_written() override { check_thread(); }
  void on_closed(CloseReason reason) override {
    check_thread();
    shared_.journal.add("closed " + std::string(to_string(reason)));
  }

 private:
  void check_thread() {
    if (std::this_thread::get_id() != thread_) shared_.journal.add("wrong thread");
  }

  Shared& shared_;
  std::shared_ptr<socketio::EngineSocket> socket_;
  std::thread::id thread_;
};

/// A server with one path for Engine.IO, `/e/`, whose first session is observed.
struct EngineWorld {
  explicit EngineWorld(EngineRoute route = {}, ServerOptions options = {}, std::size_t threads = 1)
      : server([&](Server& made) { made.engine_io("/e/", with_accept(std::move(route))); },
               std::move(options), threads) {}

  EngineRoute with_accept(EngineRoute route) {
    if (!route.accept) {
      route.accept = [this](const HttpRequest&) -> EngineDecision {
        return std::make_unique<EchoingHandler>(shared);
      };
    }
    return route;
  }

  std::string next() { return shared.journal.next(); }
  /// Of the session; waits until it is open.
  socketio::EngineSocket& socket() {
    if (!socket_) socket_ = shared.socket.get_future().get();
    return *socket_;
  }
  /// What `call(socket)` returns on the session's executor.
  template <class Call>
  auto on_executor(Call call) {
    std::packaged_task<decltype(call(socket()))()> task([this, &call] { return call(*socket_); });
    auto result = task.get_future();
    boost::asio::post(socket().executor(), std::move(task));
    return result.get();
  }
  void send(std::string_view text) {
    on_executor([&](auto& to) {
      const Frame frame = engine_message(text);
      to.send(std::span(&frame, 1));
    });
  }
  std::size_t queued_bytes() {
    return on_executor([](auto& of) { return of.queued_bytes(); });
  }

  EchoingHandler::Shared shared;  // outlives the server
  TestServer server;

 private:
  std::shared_ptr<socketio::EngineSocket> socket_;
};

/// A client that polls, on one connection, and posts on another.
class PollingClient {
 public:
  /// `many`: each request comes on a connection of its own, and so to different executors.
  enum class Connections { two, many };

  /// Opens a session.
  explicit PollingClient(EngineWorld& world, Connections connections = Connections::two)
      : endpoint_(world.server.endpoint()), connections_(connections) {
    const Response opened = poll();
    if (opened.status != 200) throw std::runtime_error("the handshake was answered with " + opened.body);
    handshake_ = opened.body;
    const std::size_t at = handshake_.find("\"sid\":\"") + 7;
    sid_ = handshake_.substr(at, handshake_.find('"', at) - at);
    post(unasked_pong);
  }

  const std::string& handshake() const { return handshake_; }
  const std::string& sid() const { return sid_; }
  std::string target(std::string_view transport = "polling") const {
    const std::string sid = sid_.empty() ? "" : "&sid=" + sid_;
    return "/e/?EIO=4&transport=" + std::string(transport) + sid;
  }

  Response poll() {
    send_poll();
    return finish_poll();
  }
  /// A poll that the server has by now, if it has one thread: both connections are older than both requests.
  void start_poll() {
    send_poll();
    post(unasked_pong);
  }
  Response finish_poll() { return poll_connection_->receive_response(); }
  Response post(std::string_view body) {
    use(post_connection_);
    post_connection_->send("POST " + target() + " HTTP/1.1\r\nHost: test\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    return post_connection_->receive_response();
  }
  /// Closes the connection of the polls.
  void abort_poll() { poll_connection_.reset(); }
  /// Up to the answer of the probe.
  std::unique_ptr<WebSocketClient> probe() const {
    auto websocket = std::make_unique<WebSocketClient>(endpoint_, target("websocket"));
    websocket->send_text("2probe");
    if (websocket->receive_text() != "3probe") throw std::runtime_error("no answer to the probe");
    return websocket;
  }
  /// Goes on over a WebSocket.
  std::unique_ptr<WebSocketClient> upgrade() {
    auto websocket = probe();
    if (const std::string paused = poll().body; paused != "6")
      throw std::runtime_error("not paused: " + paused);
    websocket->send_text("5");
    return websocket;
  }

 private:
  static constexpr std::string_view unasked_pong = "3";

  void use(std::unique_ptr<Client>& connection) const {
    if (!connection || connections_ == Connections::many) connection = std::make_unique<Client>(endpoint_);
  }
  void send_poll() {
    use(poll_connection_);
    poll_connection_->send("GET " + target() + " HTTP/1.1\r\nHost: test\r\n\r\n");
  }

  boost::asio::ip::tcp::endpoint endpoint_;
  Connections connections_;
  std::unique_ptr<Client> poll_connection_;
  std::unique_ptr<Client> post_connection_;
  std::string handshake_;
  std::string sid_;
};

}  // namespace signaling::net::testing
