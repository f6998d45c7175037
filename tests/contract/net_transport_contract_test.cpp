// The transport of the bundled server, to a WebSocket client of another make.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <optional>

#include "contract/transport_run.hpp"
#include "signaling/net/server.hpp"

using namespace signaling;
using namespace signaling::testing;
namespace asio = boost::asio;
namespace beast = boost::beast;

namespace {

// For one client.
class OneProtocol final : public ProtocolFactory {
 public:
  explicit OneProtocol(std::unique_ptr<Protocol> protocol)
      : protocol_(std::make_shared<std::unique_ptr<Protocol>>(std::move(protocol))) {}
  std::string_view path() const noexcept override { return "/"; }
  std::unique_ptr<Protocol> make(const ConnectInfo& /*info*/) const override { return std::move(*protocol_); }

 private:
  std::shared_ptr<std::unique_ptr<Protocol>> protocol_;
};

class NetFixture final : public AsioTransportFixture {
 public:
  void connect(Router& router, std::unique_ptr<Protocol> protocol) override {
    net::ServerOptions options;
    options.executors = {io_.get_executor()};
    server_.emplace(router, options);
    server_->add(OneProtocol(std::move(protocol)));
    const auto bound = server_->listen("127.0.0.1", 0);
    REQUIRE(bound);
    client_.next_layer().connect(*bound);
    client_.async_handshake("localhost", "/", [this](beast::error_code error) {
      if (error) return on_end();
      open_ = true;
      read();
      write();
    });
    client_.read_message_max(0);
  }
  void send(const ClientMessage& message) override {
    output_.push_back(message);
    if (open_ && output_.size() == 1) write();
  }
  std::vector<ClientMessage> receive() override { return std::exchange(got_, {}); }
  bool is_closed() override { return closed_; }
  void disconnect() override { client_.next_layer().close(); }
  void stop() override {
    client_.next_layer().close();
    if (server_) server_->async_stop(std::chrono::milliseconds(0));
    io_.restart();
    io_.run();
    server_.reset();
  }
  bool stop_reading() override {
    reading_ = false;
    return true;
  }
  void start_reading() override {
    reading_ = true;
    if (open_ && !pending_) read();
  }

 private:
  // A read that was begun before `stop_reading` may still bring one message.
  void read() {
    pending_ = true;
    client_.async_read(input_, [this](beast::error_code error, std::size_t /*size*/) {
      pending_ = false;
      if (error) return on_end();
      const auto data = input_.cdata();
      got_.push_back({client_.got_text() ? MessageKind::text : MessageKind::binary,
                      std::string(static_cast<const char*>(data.data()), data.size())});
      input_.consume(input_.size());
      if (reading_) read();
    });
  }
  void write() {
    if (output_.empty()) return;
    client_.binary(output_.front().kind == MessageKind::binary);
    client_.async_write(asio::buffer(output_.front().bytes),
                        [this](beast::error_code error, std::size_t /*size*/) {
                          if (error) return;
                          output_.pop_front();
                          write();
                        });
  }
  void on_end() {
    closed_ = true;
    beast::error_code ignored;
    client_.next_layer().close(ignored);
  }

  std::optional<net::Server> server_;
  beast::websocket::stream<asio::ip::tcp::socket> client_{io_};
  beast::flat_buffer input_;
  std::deque<ClientMessage> output_;
  std::vector<ClientMessage> got_;
  bool open_ = false;
  bool reading_ = true;
  bool pending_ = false;
  bool closed_ = false;
};

}  // namespace

TEST_CASE("transport of the bundled server: keeps the contract") {
  const auto outcomes = run_transport_contract<NetFixture>();
  CHECK(outcomes.at(Outcome::skipped) == 3);  // the server does not show its transports
}
