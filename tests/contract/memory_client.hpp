#pragma once

#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <vector>

#include "contract/transport_run.hpp"
#include "signaling/testing/memory_transport.hpp"

namespace signaling::testing {

/// The client of a transport that is, or behaves like, a MemoryTransport.
template <class Pipe>
class MemoryClientFixture : public AsioTransportFixture {
 public:
  template <class... Args>
  explicit MemoryClientFixture(Args... args) : pipe_(io_.get_executor(), args...) {}

  // Nothing comes from outside: when all is done, what has not come will not come.
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds /*at_most*/) override {
    while (!done()) {
      this->io_.restart();
      if (this->io_.poll_one() == 0) return false;
    }
    return true;
  }

  void connect(Router& router, std::unique_ptr<Protocol> protocol) override {
    pipe_.connect(router, std::move(protocol));
  }
  void send(const ClientMessage& message) override {
    boost::asio::post(io_, [this, message] { pipe_.send({message.kind, message.bytes}); });
  }
  std::vector<ClientMessage> receive() override {
    std::vector<ClientMessage> messages;
    for (const Frame& frame : pipe_.take())
      messages.push_back({frame.kind(), std::string(frame.text_view())});
    return messages;
  }
  bool is_closed() override { return !pipe_.is_connected(); }
  void disconnect() override { pipe_.disconnect(); }
  void stop() override { pipe_.disconnect(); }
  Transport* transport() override { return &pipe_; }
  bool stop_reading() override {
    pipe_.hold();
    return true;
  }
  void start_reading() override { pipe_.release(); }

 private:
  Pipe pipe_;
};

}  // namespace signaling::testing
