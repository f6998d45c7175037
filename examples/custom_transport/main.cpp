// A host that brings its own sockets: peers connect over a Unix-domain socket and speak signaling.v1, one JSON message
// a line. It has a policy of its own, and is itself a peer in every room it is told of.
//
//   custom_transport /tmp/signaling.sock
//   $ nc -U /tmp/signaling.sock
//   {"type":"join","room":"lobby"}
#include <boost/asio.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "line_transport.hpp"
#include "signaling/core/router.hpp"
#include "signaling/protocols/json.hpp"

namespace asio = boost::asio;

/// Rooms whose name starts with "vip" are closed to clients; the host itself is not asked.
class DoorPolicy final : public signaling::Policy {
 public:
  void authorize_join(const signaling::Peer& /*peer*/, const signaling::JoinAttempt& attempt,
                      signaling::Callback<void(signaling::Decision)> done) override {
    done(attempt.room.starts_with("vip")
             ? signaling::Decision::refuse("This room is for guests of the house.")
             : signaling::Decision::allow());
  }
};

/// Greets everybody who comes into the lobby.
class Host {
 public:
  Host(signaling::Router& router, const asio::any_io_executor& executor) {
    signaling::LocalPeerOptions options;
    options.executor = executor;
    options.id = "host";
    options.on_event = [this](const signaling::Event& event) {
      if (const auto* joined = std::get_if<signaling::event::PeerJoined>(&event)) greet(joined->peer.id);
    };
    peer_ = router.connect_local(std::move(options));
    peer_->join("lobby", R"({"role":"host"})");
  }

 private:
  void greet(std::string_view newcomer) {
    // Payloads are JSON text, since the receiver speaks signaling.v1.
    // The newcomer may be gone already: then there is nobody to greet.
    (void)peer_->send(signaling::Message::text(R"("Welcome!")", {.to = newcomer}));
  }

  signaling::LocalPeer peer_;
};

asio::awaitable<void> accept_all(asio::local::stream_protocol::acceptor& acceptor,
                                 signaling::Router& router) {
  const signaling::protocols::Json protocols;
  for (;;) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    std::make_shared<LineTransport>(std::move(socket))->start(router, protocols.make());
  }
}

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: custom_transport SOCKET\n";
    return 2;
  }
  asio::io_context io(1);
  signaling::RouterOptions options;
  options.policy = std::make_shared<DoorPolicy>();
  signaling::Router router(std::move(options));
  const Host host(router, io.get_executor());
  asio::local::stream_protocol::acceptor acceptor(io, asio::local::stream_protocol::endpoint(argv[1]));
  asio::co_spawn(io, accept_all(acceptor, router), asio::detached);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](auto, int) {  // then everybody is told, everything ends, and `run` returns
    acceptor.close();
    router.shut_down(std::chrono::seconds(1));
  });
  std::cout << "listening unix:" << argv[1] << std::endl;
  io.run();
}
