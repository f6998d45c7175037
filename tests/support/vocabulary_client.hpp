#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/protocols/json.hpp"
#include "support/script_world.hpp"

namespace signaling::testing {

/// A client of any protocol: says messages as they are after decoding from the wire, and remembers those it
/// gets.
class ProtocolClient final : public Transport {
 public:
  ProtocolClient(ScriptWorld& world, std::unique_ptr<Protocol> protocol, std::string id,
                 std::string token = {})
      : world_(world),
        link_(world.router.connect(*this, std::move(protocol), info(std::move(id), std::move(token)))) {}
  ProtocolClient(const ProtocolClient&) = delete;
  ProtocolClient& operator=(const ProtocolClient&) = delete;
  ~ProtocolClient() override { cut(); }

  /// Says each message and lets everything happen that follows from it.
  template <class... Messages>
  void say(const Messages&... messages) {
    (link_.receive({MessageKind::text, std::string_view(messages)}), ...);
    world_.run();
  }
  /// Says a message; what follows from it happens later.
  void receive(std::string_view message) { link_.receive({MessageKind::text, message}); }
  void say_binary(std::string_view bytes) {
    link_.receive({MessageKind::binary, bytes});
    world_.run();
  }
  void cut() {
    link_.disconnect(CloseReason::lost);
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

  /// The code and the reason that its protocol told it at the end.
  const std::pair<std::uint16_t, std::string>& closed_with() {
    world_.run();
    return closed_with_;
  }

  /// The time that it was given for a sign of life since the last call.
  std::optional<std::chrono::milliseconds> probed() {
    world_.run();
    return std::exchange(probed_, std::nullopt);
  }

  /// Shows the sign of life that `probed` is about.
  void show_life() {
    link_.alive();
    world_.run();
  }

  boost::asio::any_io_executor executor() override { return world_.io.get_executor(); }
  void write(std::span<const Frame> frames) override {
    for (const Frame& frame : frames) {
      lines_.emplace_back(frame.text_view());
      link_.written(frame.size());
    }
  }
  void probe(std::chrono::milliseconds time) override { probed_ = time; }
  void close_with(CloseReason reason, const CloseStatus& status) override {
    closed_with_ = {status.code, std::string(status.reason)};
    close(reason);
  }
  void close(CloseReason reason) override {
    closed_ = reason;
    link_.disconnect(reason);
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
  std::optional<std::chrono::milliseconds> probed_;
  std::pair<std::uint16_t, std::string> closed_with_{};
  Link link_;
};

using ProtocolClientPtr = std::unique_ptr<ProtocolClient>;

/// A peer of the native protocol that has forgotten its welcome.
inline ProtocolClientPtr native_client(ScriptWorld& world, std::string id) {
  static const protocols::Json factory;
  auto client = std::make_unique<ProtocolClient>(world, factory.make(), std::move(id));
  client->forget();
  return client;
}

}  // namespace signaling::testing
