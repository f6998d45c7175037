// Sockets on several threads; meant to be run with ThreadSanitizer too.
#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "signaling/socketio/server.hpp"
#include "testing/threads.hpp"

using namespace signaling;
using namespace signaling::socketio;
using signaling::testing::Rendezvous;

namespace {

/// Counts the events that its client gets.
class CountingSession final : public EngineSocket {
 public:
  CountingSession(boost::asio::any_io_executor executor, Rendezvous& done, int expected)
      : executor_(std::move(executor)), done_(done), expected_(expected) {}
  boost::asio::any_io_executor executor() const override { return executor_; }
  void send(std::span<const Frame> frames) override {
    for (const Frame& frame : frames) {
      if (frame.text_view().starts_with("42") && --expected_ == 0) done_.arrive();
    }
  }
  void set_reading(bool /*reading*/) override {}
  void close(CloseReason) override {}
  std::size_t queued_bytes() const noexcept override { return 0; }

 private:
  boost::asio::any_io_executor executor_;
  Rendezvous& done_;
  int expected_;
};

/// A client that loses its connection and comes back on another thread: what it keeps in between.
struct Page {
  /// What a session sends is lost unless it is the present one.
  void receive(int session, std::string_view frame) {
    const std::scoped_lock lock(mutex);
    if (session != present) return;
    if (frame.starts_with("40")) {
      ++answers;
      pid = last_text(frame);
    } else if (frame.starts_with("42")) {
      numbers.push_back(std::atoi(frame.data() + frame.find(',') + 1));
      offset = last_text(frame);
    }
    changed.notify_all();
  }
  std::string connect() {
    const std::scoped_lock lock(mutex);
    const std::string shown = offset.empty() ? "" : R"(,"offset":")" + offset + '"';
    return pid.empty() ? "0" : R"(0{"pid":")" + pid + '"' + shown + "}";
  }
  template <class Condition>
  void wait(Condition condition) {
    std::unique_lock lock(mutex);
    changed.wait(lock, condition);
  }
  static std::string last_text(std::string_view frame) {
    const std::size_t end = frame.rfind('"');
    const std::size_t start = frame.rfind('"', end - 1) + 1;
    return std::string(frame.substr(start, end - start));
  }

  std::mutex mutex;
  std::condition_variable changed;
  int present = 0;
  int answers = 0;
  std::string pid;
  std::string offset;
  std::vector<int> numbers;
};

class PageSession final : public EngineSocket {
 public:
  PageSession(boost::asio::any_io_executor executor, Page& page, int number)
      : executor_(std::move(executor)), page_(page), number_(number) {}
  boost::asio::any_io_executor executor() const override { return executor_; }
  void send(std::span<const Frame> frames) override {
    for (const Frame& frame : frames) page_.receive(number_, frame.text_view());
  }
  void close(CloseReason) override {}
  std::size_t queued_bytes() const noexcept override { return 0; }

 private:
  boost::asio::any_io_executor executor_;
  Page& page_;
  int number_;
};

/// A thread that runs one executor.
struct Worker {
  Worker() : guard(io.get_executor()), thread([this] { io.run(); }) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { finish(); }
  /// What is left to do is done, as far as it is known by now. The executor stays, for whoever still posts to it.
  void finish() {
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
  Rendezvous connected(clients);
  Rendezvous done(clients);
  Worker decisions;
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < 2; ++i) workers.push_back(std::make_unique<Worker>());

  Namespace& nsp = server.of("/");
  nsp.use([&](const std::shared_ptr<Socket>&, const Next& next) {
    boost::asio::post(decisions.io, [next] { next(); });
  });
  nsp.on_connection([&](const std::shared_ptr<Socket>& socket) {
    socket->join("room", [&](std::error_code error) {
      if (!error) connected.arrive();
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
  for (const auto& worker : workers) worker->finish();
  workers.clear();
  CHECK(router.stats().peers == 0);
}

TEST_CASE("Recovery: a client that comes back on any thread gets everything once and in order") {
  constexpr int sessions = 40;
  constexpr int events_each = 25;
  Page page;
  Router router;
  ServerOptions options;
  options.recovery_time = std::chrono::seconds(30);
  Server server(router, options);
  Namespace& nsp = server.of("/");
  Rendezvous joined(1);
  nsp.on_connection([&](const std::shared_ptr<Socket>& socket) {
    socket->join("room", [&](std::error_code error) {
      if (!error) joined.arrive();
    });
  });
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < 3; ++i) workers.push_back(std::make_unique<Worker>());
  std::vector<std::shared_ptr<EngineHandler>> handlers;
  int emitted = 0;
  for (int number = 1; number <= sessions; ++number) {
    auto& io = workers[static_cast<std::size_t>(number) % workers.size()]->io;
    handlers.push_back(server.accept({}));
    {
      const std::scoped_lock lock(page.mutex);
      page.present = number;
    }
    const auto session = std::make_shared<PageSession>(io.get_executor(), page, number);
    boost::asio::post(io, [handler = handlers.back(), session, connect = page.connect()] {
      handler->on_open(session);
      handler->on_message({MessageKind::text, connect});
    });
    page.wait([&] { return page.answers == number; });
    joined.wait();
    // What follows the answer need not wait any more.
    boost::asio::post(io, [handler = handlers.back()] {
      handler->on_message({MessageKind::text, R"(2["hi"])"});
    });
    // The last of these may be lost with the connection.
    for (int i = 0; i < events_each; ++i) nsp.to("room").emit("n", {emitted++});
    page.wait([&] { return page.numbers.size() > static_cast<std::size_t>(emitted - events_each / 2); });
    if (number == sessions) break;
    boost::asio::post(io, [handler = handlers.back()] { handler->on_closed(CloseReason::lost); });
  }
  page.wait([&] { return page.numbers.size() >= static_cast<std::size_t>(emitted); });
  std::vector<int> expected(static_cast<std::size_t>(emitted));
  std::iota(expected.begin(), expected.end(), 0);
  CHECK(page.numbers == expected);
  CHECK(router.stats().peers == 1);
  boost::asio::post(workers[sessions % workers.size()]->io, [handler = handlers.back()] {
    handler->on_message({MessageKind::text, "1"});
  });
  for (const auto& worker : workers) worker->finish();
  workers.clear();
}
