// A host that links net: the bundled server on a free port, a client of its HTTP, and beside it a Transport of the host's
// own that speaks signaling.v1.
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <signaling/core/router.hpp>
#include <signaling/net/server.hpp>
#include <signaling/protocols/json.hpp>
#include <string>

namespace asio = boost::asio;

class StringTransport final : public signaling::Transport {
 public:
  explicit StringTransport(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const signaling::Frame> frames) override {
    for (const signaling::Frame& frame : frames) {
      written += std::string(frame.text_view()) + '\n';
      link.written(frame.size());
    }
  }
  void close(signaling::CloseReason reason) override { link.disconnect(reason); }

  std::string written;
  signaling::Link link;

 private:
  asio::any_io_executor executor_;
};

bool join_a_room(signaling::Router& router, asio::io_context& io) {
  const signaling::protocols::Json protocols;
  StringTransport transport(io.get_executor());
  transport.link = router.connect(transport, protocols.make(), {});
  transport.link.receive({signaling::MessageKind::text, R"({"type":"join","room":"lobby"})"});
  io.poll();
  transport.close(signaling::CloseReason::normal);
  return transport.written.find(R"("type":"joined")") != std::string::npos;
}

std::string ask_for_health(const asio::ip::tcp::endpoint& endpoint, asio::io_context& io) {
  const std::string request = "GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
  std::string answer;
  asio::ip::tcp::socket socket(io);
  socket.connect(endpoint);
  asio::write(socket, asio::buffer(request));
  asio::async_read(socket, asio::dynamic_buffer(answer),
                   [&](boost::system::error_code, std::size_t) { io.stop(); });
  io.restart();
  io.run();
  return answer;
}

int main() {
  asio::io_context io(1);
  signaling::Router router;
  signaling::net::ServerOptions options;
  options.executors = {io.get_executor()};
  signaling::net::Server server(router, options);
  const auto listener = server.listen("127.0.0.1", 0);
  if (!listener || !join_a_room(router, io)) return 1;
  return ask_for_health(*listener, io).starts_with("HTTP/1.1 200") ? 0 : 1;
}
