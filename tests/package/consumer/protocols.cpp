// A host that links protocols: what a client of signaling.v1 says reaches a peer of the host.
#include <boost/asio/io_context.hpp>
#include <memory>
#include <signaling/core/router.hpp>
#include <signaling/protocols/json.hpp>
#include <string>

class DeafTransport final : public signaling::Transport {
 public:
  explicit DeafTransport(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  boost::asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const signaling::Frame>) override {}
  void close(signaling::CloseReason) override {}

 private:
  boost::asio::any_io_executor executor_;
};

int main() {
  boost::asio::io_context io(1);
  signaling::Router router;
  std::string received;
  signaling::LocalPeerOptions options;
  options.executor = io.get_executor();
  options.id = "host";
  options.on_event = [&](const signaling::Event& event) {
    if (const auto* sent = std::get_if<signaling::event::Message>(&event)) {
      received = sent->message.payload;
    }
  };
  const auto host = router.connect_local(options);
  host->join("lobby");

  const signaling::protocols::Json protocols;
  DeafTransport transport(io.get_executor());
  signaling::Link client = router.connect(transport, protocols.make(), {});
  client.receive({signaling::MessageKind::text, R"({"type":"join","room":"lobby"})"});
  io.poll();
  client.receive({signaling::MessageKind::text, R"({"type":"offer","to":"host","data":{"sdp":"v=0"}})"});
  io.restart();
  io.poll();
  client.disconnect(signaling::CloseReason::normal);
  return received == R"({"sdp":"v=0"})" ? 0 : 1;
}
