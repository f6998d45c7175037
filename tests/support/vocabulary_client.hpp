#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/protocols/json_protocol.hpp"
#include "support/script_world.hpp"

namespace signaling::testing {

/// A client of any protocol: says messages as they are after decoding from the wire, and remembers those it
/// gets.
class ProtocolClient final : public Transport {
 public:
  ProtocolClient(ScriptWorld& world, std::unique_ptr<Protocol> protocol, std::string id,
                 std::string token = {})
      : world_(world),
        peer_(world.router.connect(*this, std::move(protocol), info(std::move(id), std::move(token)))) {}
  ProtocolClient(const ProtocolClient&) = delete;
  ProtocolClient& operator=(const ProtocolClient&) = delete;
  ~ProtocolClient() override { cut(); }

  /// Says each message and lets everything happen that follows from it.
  template <class... Messages>
  void say(const Messages&... messages) {
    (peer_->receive({MessageKind::text, std::string_view(messages)}), ...);
    world_.run();
  }
  void say_binary(std::string_view bytes) {
    peer_->receive({MessageKind::binary, bytes});
    world_.run();
  }
  void cut() {
    if (!std::exchange(disconnected_, true)) peer_->disconnected(CloseReason::lost);
    world_.run();
  }
  /// The messages that came since the last call.
  Lines heard() {
    world_.run();
    return std::exchange(lines_, {});
  }
  void forget() { (void)heard(); }
  const std::optional<CloseReason>& closed() {
    world_.run();
    return closed_;
  }

  boost::asio::any_io_executor executor() override { return world_.io.get_executor(); }
  void write(std::span<const Frame> frames) override {
    for (const Frame& frame : frames) {
      lines_.emplace_back(frame.text_view());
      peer_->written(frame.size());
    }
  }
  void close(CloseReason reason) override {
    closed_ = reason;
    if (!std::exchange(disconnected_, true)) peer_->disconnected(reason);
  }

 private:
  static ConnectInfo info(std::string id, std::string token) {
    ConnectInfo info;
    info.wished_id = std::move(id);
    info.token = std::move(token);
    return info;
  }

  ScriptWorld& world_;
  Lines lines_;
  std::optional<CloseReason> closed_;
  bool disconnected_ = false;
  std::shared_ptr<Peer> peer_;
};

using ProtocolClientPtr = std::unique_ptr<ProtocolClient>;

/// A peer of the native protocol that has forgotten its welcome.
inline ProtocolClientPtr native_client(ScriptWorld& world, std::string id) {
  static const protocols::JsonProtocolFactory factory;
  auto client = std::make_unique<ProtocolClient>(world, factory.make(), std::move(id));
  client->forget();
  return client;
}

}  // namespace signaling::testing
