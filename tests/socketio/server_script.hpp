#pragma once

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/socketio/server.hpp"
#include "support/fakes.hpp"

namespace signaling::socketio::test {

using Lines = std::vector<std::string>;

/// From the answer to a CONNECT to what follows it.
inline constexpr std::chrono::milliseconds answer_gap{10};

/// One Engine.IO session without a network: what it sends is remembered, text as it is without the `4`, binary as
/// `<bytes>`; its end is `closed: reason`. Everything leaves at once, or not at all while it is stuck.
class FakeSession final : public EngineSocket, public std::enable_shared_from_this<FakeSession> {
 public:
  FakeSession(boost::asio::any_io_executor executor, std::unique_ptr<EngineHandler> handler)
      : executor_(std::move(executor)), handler_(std::move(handler)) {}

  void open() { handler_->on_open(shared_from_this()); }
  void say(std::string_view packet) {
    if (handler_) handler_->on_message({MessageKind::text, packet});
    forget_handler();
  }
  void say_binary(std::string_view bytes) {
    if (handler_) handler_->on_message({MessageKind::binary, bytes});
    forget_handler();
  }
  void cut(CloseReason reason) {
    end(reason);
    forget_handler();
  }
  TimePoint deadline() const { return handler_->next_deadline(); }
  void on_time(TimePoint now) {
    if (handler_) handler_->on_time(now);
    forget_handler();
  }
  Lines heard() { return std::exchange(lines_, {}); }

  /// A ping leaves.
  void ping() { handler_->on_ping(); }
  /// The client answers it.
  void pong() { handler_->on_pong(); }
  /// A browser leaves the page.
  void leave_page() { handler_->on_page_left(); }
  void stick() { stuck_ = true; }
  void leave_bytes(std::size_t bytes) {
    queued_ -= bytes;
    handler_->on_written();
  }
  std::size_t sends() const { return sends_; }

  boost::asio::any_io_executor executor() const override { return executor_; }
  void send(std::span<const Frame> frames) override {
    ++sends_;
    for (const Frame& frame : frames) {
      const bool text = frame.kind() == MessageKind::text;
      if (text) REQUIRE(frame.text_view().starts_with('4'));
      lines_.push_back(text ? std::string(frame.text_view().substr(1))
                            : "<" + std::string(frame.text_view()) + ">");
      if (stuck_) queued_ += frame.size();
    }
  }
  void set_reading(bool /*reading*/) override {}
  void close(CloseReason reason) override {
    lines_.push_back("closed: " + std::string(to_string(reason)));
    end(reason);
  }
  std::size_t queued_bytes() const noexcept override { return queued_; }

 private:
  // Calls back from inside `close`, which is the harder case.
  void end(CloseReason reason) {
    if (!handler_ || std::exchange(ended_, true)) return;
    handler_->on_closed(reason);
  }
  // As an owner does that lets nothing of a session live on.
  void forget_handler() {
    if (ended_) handler_.reset();
  }

  boost::asio::any_io_executor executor_;
  std::unique_ptr<EngineHandler> handler_;
  Lines lines_;
  std::size_t queued_ = 0;
  std::size_t sends_ = 0;
  bool stuck_ = false;
  bool ended_ = false;
};

/// A server on one thread with a clock that stands still, and clients that choose their ids in the main namespace.
struct ServerScript {
  explicit ServerScript(ServerOptions options = {}, RouterOptions router_options = {})
      : router(with_fakes(std::move(router_options))), server(router, with_clock(std::move(options))) {}
  ~ServerScript() {
    for (const auto& session : sessions) session->cut(CloseReason::lost);
    run();
  }
  ServerScript(const ServerScript&) = delete;
  ServerScript& operator=(const ServerScript&) = delete;

  /// A session that is in no namespace yet.
  FakeSession& session(ConnectInfo info = {}) {
    auto made = std::make_shared<FakeSession>(io.get_executor(), server.accept(std::move(info)));
    sessions.push_back(made);
    made->open();
    return *made;
  }
  FakeSession& session(std::string id) {
    ConnectInfo info;
    info.wished_id = std::move(id);
    return session(std::move(info));
  }
  /// A client that is in the main namespace and has heard so.
  FakeSession& client(std::string id) {
    FakeSession& made = session(std::move(id));
    say(made, "0");
    made.heard();
    return made;
  }

  void say(FakeSession& from, std::string_view packet) {
    from.say(packet);
    run();
    if (packet.starts_with('0')) let_follow(from);
  }
  /// What waits behind the answer to a CONNECT leaves.
  void let_follow(FakeSession& session) {
    session.on_time(clock.now() + answer_gap);
    run();
  }
  /// Everything that is ready happens.
  void run() {
    io.restart();
    io.poll();
  }
  void pass(std::chrono::milliseconds time) {
    clock.advance(time);
    router.on_time();
    for (const auto& session : sessions) session->on_time(clock.now());
    run();
  }

  RouterOptions with_fakes(RouterOptions options) {
    options.clock = &clock;
    options.random = &random;
    options.client_ids = ClientIds::accept;
    return options;
  }
  ServerOptions with_clock(ServerOptions options) {
    options.clock = &clock;
    return options;
  }

  testing::FakeClock clock;
  testing::SeededRandom random{1};
  boost::asio::io_context io;
  Router router;
  Server server;
  std::vector<std::shared_ptr<FakeSession>> sessions;
};

using SocketPtr = std::shared_ptr<Socket>;

}  // namespace signaling::socketio::test
