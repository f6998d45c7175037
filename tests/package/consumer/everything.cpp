// A host that links every component: the bundled server on a free port, and beside it a Transport of its own that
// speaks signaling.v1.
#include <boost/asio/io_context.hpp>
#include <signaling/core/router.hpp>
#include <signaling/net/server.hpp>
#include <signaling/protocols/json_protocol.hpp>
#include <string>

class StringTransport final : public signaling::Transport {
 public:
  explicit StringTransport(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  boost::asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const signaling::Frame> frames) override {
    for (const signaling::Frame& frame : frames) {
      written += std::string(frame.text_view()) + '\n';
      peer->written(frame.size());
    }
  }
  void close(signaling::CloseReason reason) override {
    if (peer) std::exchange(peer, nullptr)->disconnected(reason);
  }

  std::string written;
  std::shared_ptr<signaling::Peer> peer;

 private:
  boost::asio::any_io_executor executor_;
};

int main() {
  boost::asio::io_context io(1);
  signaling::Router router;
  const signaling::protocols::JsonProtocolFactory protocols;
  signaling::net::ServerOptions options;
  options.executors = {io.get_executor()};
  signaling::net::Server server(router, options);
  if (!server.listen("127.0.0.1", 0)) return 1;

  StringTransport transport(io.get_executor());
  transport.peer = router.connect(transport, protocols.make(), {});
  transport.peer->receive({signaling::MessageKind::text, R"({"type":"join","room":"lobby"})"});
  io.poll();
  transport.close(signaling::CloseReason::normal);
  return transport.written.find(R"("type":"joined")") != std::string::npos ? 0 : 1;
}
