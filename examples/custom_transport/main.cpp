// A host that brings its own sockets: peers connect over a Unix-domain socket and speak signaling.v1, one JSON message
// a line. It has a policy of its own, and is itself a peer in every room it is told of.
//
//   custom_transport /tmp/signaling.sock
//   $ nc -U /tmp/signaling.sock
//   {"type":"join","room":"lobby"}
#include <boost/asio.hpp>
#include <deque>
#include <iostream>
#include <memory>
#include <string>

#include "signaling/core/router.hpp"
#include "signaling/protocols/json_protocol.hpp"

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;

/// One client: lines in, lines out. The pending read and write keep it alive; the router never outlives `disconnected`.
class LineTransport final : public signaling::Transport, public std::enable_shared_from_this<LineTransport> {
 public:
  explicit LineTransport(Socket socket) : socket_(std::move(socket)) {}

  void start(signaling::Router& router, const signaling::protocols::JsonProtocolFactory& protocols) {
    max_line_ = router.limits().max_message_bytes;
    peer_ = router.connect(*this, protocols.make(), {});
    read();
  }

  asio::any_io_executor executor() override { return socket_.get_executor(); }

  void write(std::span<const signaling::Frame> frames) override {
    const bool idle = frames_.empty();
    frames_.insert(frames_.end(), frames.begin(), frames.end());
    if (idle) write_all();
  }

  void close(signaling::CloseReason reason) override {
    closing_ = reason;
    if (frames_.empty()) end(reason);  // else when the last frame has left
  }

 private:
  void read() {
    asio::async_read_until(socket_, asio::dynamic_buffer(input_, max_line_), '\n',
                           [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
                             if (error) return self->end(signaling::CloseReason::lost);
                             self->peer_->receive({signaling::MessageKind::text,
                                                   std::string_view(self->input_).substr(0, size - 1)});
                             self->input_.erase(0, size);
                             self->read();
                           });
  }

  // Everything that waits leaves in one call, each frame followed by the end of its line.
  void write_all() {
    static constexpr char newline = '\n';
    std::vector<asio::const_buffer> buffers;
    std::size_t bytes = 0;
    for (const auto& frame : frames_) {
      bytes += frame.size();
      buffers.emplace_back(frame.message().data(), frame.size());
      buffers.emplace_back(&newline, 1);
    }
    asio::async_write(socket_, buffers,
                      [self = shared_from_this(), count = frames_.size(), bytes](
                          boost::system::error_code error, std::size_t /*written*/) {
                        if (error) return self->end(signaling::CloseReason::lost);
                        self->frames_.erase(self->frames_.begin(),
                                            self->frames_.begin() + static_cast<std::ptrdiff_t>(count));
                        self->peer_->written(bytes);
                        if (!self->frames_.empty()) return self->write_all();
                        if (self->closing_) self->end(*self->closing_);
                      });
  }

  void end(signaling::CloseReason reason) {
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (peer_) std::exchange(peer_, nullptr)->disconnected(reason);
  }

  Socket socket_;
  std::size_t max_line_ = 0;
  std::string input_;
  std::deque<signaling::Frame> frames_;
  std::optional<signaling::CloseReason> closing_;
  std::shared_ptr<signaling::Peer> peer_;
};

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
std::shared_ptr<signaling::Peer> make_host(signaling::Router& router, const asio::any_io_executor& executor) {
  auto host = std::make_shared<std::weak_ptr<signaling::Peer>>();
  signaling::LocalPeerOptions options;
  options.executor = executor;
  options.id = "host";
  options.on_event = [host](const signaling::Event& event) {
    const auto* joined = std::get_if<signaling::event::PeerJoined>(&event);
    const auto peer = host->lock();
    if (joined == nullptr || !peer) return;
    signaling::Envelope greeting;
    greeting.to = joined->peer.id;
    greeting.payload = R"("Welcome!")";  // payloads are JSON text, since the receiver speaks signaling.v1
    (void)peer->send(greeting);          // it may be gone already: then there is nobody to greet
  };
  auto peer = router.connect_local(std::move(options));
  *host = peer;
  peer->join("lobby", R"({"role":"host"})");
  return peer;
}

asio::awaitable<void> accept_all(asio::local::stream_protocol::acceptor& acceptor,
                                 signaling::Router& router) {
  const signaling::protocols::JsonProtocolFactory protocols;
  for (;;) {
    auto socket = co_await acceptor.async_accept(asio::use_awaitable);
    std::make_shared<LineTransport>(std::move(socket))->start(router, protocols);
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
  const auto host = make_host(router, io.get_executor());
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
