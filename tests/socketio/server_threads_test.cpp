// Sockets on several threads; meant to be run with ThreadSanitizer too.
#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "signaling/socketio/server.hpp"

using namespace signaling;
using namespace signaling::socketio;

namespace {

/// Counts the events that its client gets.
class CountingSession final : public EngineSocket {
 public:
  CountingSession(boost::asio::any_io_executor executor, std::latch& done, int expected)
      : executor_(std::move(executor)), done_(done), expected_(expected) {}
  boost::asio::any_io_executor executor() const override { return executor_; }
  void send(std::span<const Frame> frames) override {
    for (const Frame& frame : frames) {
      if (frame.text_view().starts_with("42") && --expected_ == 0) done_.count_down();
    }
  }
  void set_reading(bool /*reading*/) override {}
  void close(CloseReason) override {}
  std::size_t queued_bytes() const noexcept override { return 0; }

 private:
  boost::asio::any_io_executor executor_;
  std::latch& done_;
  int expected_;
};

/// A thread that runs one executor.
struct Worker {
  Worker() : guard(io.get_executor()), thread([this] { io.run(); }) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    guard.reset();
    if (thread.joinable()) thread.join();
  }
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard;
  std::thread thread;
};

}  // namespace

TEST_CASE(
    "Server: sockets of several threads share rooms, middleware decides on any, and the host emits from "
    "any") {
  constexpr int clients = 8;
  constexpr int rounds = 50;
  Router router;
  Server server(router);
  std::latch connected(clients);
  std::latch done(clients);
  Worker decisions;
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < 2; ++i) workers.push_back(std::make_unique<Worker>());

  Namespace& nsp = server.of("/");
  nsp.use([&](const std::shared_ptr<Socket>&, const Next& next) {
    boost::asio::post(decisions.io, [next] { next(); });
  });
  nsp.on_connection([&](const std::shared_ptr<Socket>& socket) {
    socket->join("room", [&](std::error_code error) {
      if (!error) connected.count_down();
    });
  });
  nsp.on("say", [](const std::shared_ptr<Socket>& socket, const Arguments& arguments, const Acknowledge&) {
    socket->to("room").emit("said", arguments);
  });

  // From the host to each, from each to all others.
  constexpr int expected = rounds * 2 + rounds * (clients - 1);
  std::vector<std::shared_ptr<EngineHandler>> handlers;
  for (int i = 0; i < clients; ++i) {
    auto& io = workers[static_cast<std::size_t>(i) % workers.size()]->io;
    handlers.push_back(server.accept({}));
    const auto session = std::make_shared<CountingSession>(io.get_executor(), done, expected);
    boost::asio::post(io, [handler = handlers.back(), session] {
      handler->on_open(session);
      handler->on_message({MessageKind::text, "0"});
    });
  }
  connected.wait();
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < handlers.size(); ++i) {
      boost::asio::post(workers[i % workers.size()]->io, [handler = handlers[i]] {
        handler->on_message({MessageKind::text, R"(2["say","hello"])"});
      });
    }
    nsp.emit("tick");
    nsp.to("room").except("nobody").emit("tock");
  }
  done.wait();
  CHECK(nsp.sockets().size() == clients);
  for (std::size_t i = 0; i < handlers.size(); ++i) {
    boost::asio::post(workers[i % workers.size()]->io,
                      [handler = handlers[i]] { handler->on_closed(CloseReason::normal); });
  }
  workers.clear();
  CHECK(router.stats().peers == 0);
}
