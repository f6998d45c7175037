#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "net/support/client.hpp"
#include "net/support/test_server.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;

namespace {

const std::string offer =
    "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=sendonly\r\n";
const std::string fragment = "a=ice-ufrag:u\r\na=ice-pwd:p\r\nm=audio 9 x 0\r\na=mid:0\r\na=candidate:1\r\n";

/// The thread of a host. Whatever posts to it, such as a server, must end before it.
class HostThread {
 public:
  HostThread() = default;
  HostThread(const HostThread&) = delete;
  HostThread& operator=(const HostThread&) = delete;
  ~HostThread() {
    io_.stop();
    thread_.join();
  }
  boost::asio::any_io_executor executor() { return io_.get_executor(); }
  /// Returns when `function` has run there.
  void run(const std::function<void()>& function) {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      function();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::thread thread_{[this] { io_.run(); }};
};

/// A host's own media peer in the room "room": answers each offer, or none.
class MediaPeer {
 public:
  MediaPeer(HostThread& host, Router& router, bool answers = true, std::string_view metadata = {})
      : host_(host) {
    LocalPeerOptions options;
    options.executor = host.executor();
    options.on_event = [this, answers](const Event& event) {
      if (std::holds_alternative<event::Joined>(event)) joined_ = true;
      const auto* sent = std::get_if<event::Message>(&event);
      if (sent == nullptr) return;
      if (sent->message.type == MessageType::candidate) ++candidates;
      if (sent->message.type != MessageType::offer) return;
      ++offers;
      if (!answers) return;
      (void)peer_->send(
          Message::answer(R"({"type":"answer","sdp":"v=0\n"})", {.to = sent->from, .room = "room"}));
    };
    host_.run([&] {
      peer_ = router.connect_local(std::move(options));
      peer_->join("room", metadata.empty() ? std::nullopt : std::optional(metadata));
    });
    while (!joined_) std::this_thread::yield();
  }
  MediaPeer(const MediaPeer&) = delete;
  MediaPeer& operator=(const MediaPeer&) = delete;
  ~MediaPeer() {
    host_.run([this] { peer_ = {}; });
  }

  std::atomic<int> offers{0};
  std::atomic<int> candidates{0};

 private:
  HostThread& host_;
  std::atomic<bool> joined_{false};
  LocalPeer peer_;
};

Response ask(const TestServer& server, std::string_view method, std::string_view target,
             std::string_view type = {}, std::string_view body = {}) {
  Client client(server.endpoint());
  std::string request = std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: a\r\n";
  if (!type.empty()) request += "Content-Type: " + std::string(type) + "\r\n";
  request += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  client.send(request);
  return client.receive_response(method);
}

Response post(const TestServer& server) {
  return ask(server, "POST", "/whip/room", "application/sdp", offer);
}

WhipRoute any_publishers() {
  WhipRoute route;
  route.options.publishers_per_room = 0;
  return route;
}

}  // namespace

TEST_CASE("whip endpoint: the one local peer of a room answers, whichever thread a request comes on") {
  HostThread host;
  TestServer server([](Server& to) { to.whip("/whip/{room}", any_publishers()); }, {}, 3);
  {
    MediaPeer media(host, server.router());
    std::vector<std::string> sessions;
    for (int i = 0; i < 12; ++i) {
      const Response created = post(server);
      REQUIRE(created.status == 201);
      CHECK(created.body == "v=0\r\n");
      sessions.push_back(created.header("location"));
    }
    CHECK(server.router().stats().peers == 13);
    std::vector<std::thread> threads;
    std::atomic<int> failures{0};
    for (const std::string& session : sessions) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) {
          const Response patched = ask(server, "PATCH", session, "application/trickle-ice-sdpfrag", fragment);
          if (patched.status != 204) ++failures;
        }
        if (ask(server, "DELETE", session).status != 200) ++failures;
        if (ask(server, "DELETE", session).status != 404) ++failures;
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(failures == 0);
    while (media.candidates < 60) std::this_thread::yield();
    while (server.router().stats().peers > 1) std::this_thread::yield();
  }
}

TEST_CASE("whip endpoint: a host chooses the media peer, and may choose nobody") {
  HostThread host;
  TestServer server([](Server& to) {
    WhipRoute route;
    route.media_peer = [](std::string_view room, protocols::WhipKind /*kind*/) {
      return room == "room" ? PeerId() : PeerId("x");
    };
    to.whip("/whip", std::move(route));
  });
  MediaPeer media(host, server.router());
  CHECK(post(server).status == 503);
  CHECK(media.offers == 0);
}

TEST_CASE("whip endpoint: two local peers are none, unless one says that it is the media server") {
  HostThread host;
  TestServer server([](Server& to) { to.whip("/whip", any_publishers()); });
  MediaPeer first(host, server.router(), false);
  MediaPeer second(host, server.router(), false);
  CHECK(post(server).status == 503);
  MediaPeer media(host, server.router(), true, R"({"role":"sfu"})");
  CHECK(post(server).status == 201);
  CHECK(media.offers == 1);
}

TEST_CASE("whip endpoint: a server that stops answers who waits, and ends all sessions") {
  HostThread host;
  auto server = std::make_unique<TestServer>([](Server& to) { to.whip("/whip", any_publishers()); });
  MediaPeer media(host, server->router(), false);
  Client waiting(server->endpoint());
  waiting.send("POST /whip/room HTTP/1.1\r\nHost: a\r\nContent-Type: application/sdp\r\nContent-Length: " +
               std::to_string(offer.size()) + "\r\n\r\n" + offer);
  while (media.offers == 0) std::this_thread::yield();
  server->server().async_stop(std::chrono::seconds(10));
  CHECK(waiting.receive_response("POST").status == 503);
  server->join();
  CHECK(server->router().stats().peers == 1);
}

TEST_CASE("whip endpoint: paths and URLs that are none are refused") {
  Router router;
  boost::asio::io_context io;
  Server server(router, {.executors = {io.get_executor()}});
  CHECK_THROWS_AS(server.whip("whip", {}), std::invalid_argument);
  CHECK_THROWS_AS(server.whip("/a/*", {}), std::invalid_argument);
  CHECK_THROWS_AS(server.whip("/{room}/whip", {}), std::invalid_argument);
  WhipRoute route;
  route.base_url = "example.net";
  CHECK_THROWS_AS(server.whip("/whip", std::move(route)), std::invalid_argument);
}
