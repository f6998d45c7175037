// The transport of examples/custom_transport.
#include <boost/asio/local/connect_pair.hpp>

#include "../examples/custom_transport/line_transport.hpp"
#include "contract/transport_run.hpp"

using namespace signaling;
using namespace signaling::testing;

namespace {

class LineFixture final : public AsioTransportFixture {
 public:
  void connect(Router& router, std::unique_ptr<Protocol> protocol) override {
    boost::asio::local::stream_protocol::socket served(io_);
    boost::asio::local::connect_pair(served, client_);
    const auto transport = std::make_shared<LineTransport>(std::move(served));
    transport_ = transport;
    transport->start(router, std::move(protocol));
    read();
  }
  void send(const ClientMessage& message) override {
    const bool idle = output_.empty();
    output_ += message.bytes + '\n';
    if (idle) write();
  }
  std::vector<ClientMessage> receive() override {
    std::vector<ClientMessage> messages;
    std::size_t begin = 0;
    for (auto end = input_.find('\n'); end != std::string::npos; end = input_.find('\n', begin)) {
      messages.push_back({MessageKind::text, input_.substr(begin, end - begin)});
      begin = end + 1;
    }
    input_.erase(0, begin);
    return messages;
  }
  bool is_closed() override { return closed_; }
  void disconnect() override { client_.close(); }
  void stop() override {
    client_.close();
    io_.restart();
    io_.run();
  }
  bool carries(const ClientMessage& message) const override {
    return message.kind == MessageKind::text && message.bytes.find('\n') == std::string::npos;
  }
  Transport* transport() override { return transport_.lock().get(); }
  bool stop_reading() override { return reading_ = false, true; }
  void start_reading() override {
    reading_ = true;
    if (!std::exchange(pending_, true)) read();
  }

 private:
  // A read that was begun before `stop_reading` may still bring one piece.
  void read() {
    pending_ = true;
    client_.async_read_some(boost::asio::buffer(piece_),
                            [this](boost::system::error_code error, std::size_t size) {
                              pending_ = false;
                              input_.append(piece_.data(), size);
                              closed_ = closed_ || error;
                              if (!error && reading_) read();
                            });
  }
  void write() {
    writing_ = output_;
    boost::asio::async_write(client_, boost::asio::buffer(writing_),
                             [this](boost::system::error_code error, std::size_t size) {
                               output_.erase(0, size);
                               if (!error && !output_.empty()) write();
                             });
  }

  boost::asio::local::stream_protocol::socket client_{io_};
  std::weak_ptr<LineTransport> transport_;
  std::array<char, 65536> piece_{};
  std::string input_;
  std::string output_;
  std::string writing_;
  bool reading_ = true;
  bool pending_ = false;
  bool closed_ = false;
};

}  // namespace

TEST_CASE("transport of examples/custom_transport: keeps the contract") {
  const auto outcomes = run_transport_contract<LineFixture>();
  CHECK(!outcomes.contains(Outcome::skipped));
}
