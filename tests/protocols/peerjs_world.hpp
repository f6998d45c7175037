#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "signaling/protocols/peerjs.hpp"
#include "support/vocabulary_client.hpp"

namespace signaling::protocols {

/// Clients of PeerJS, which are called by their ids, on one node.
struct PeerjsWorld : testing::ScriptWorld {
  using Client = testing::ProtocolClientPtr;
  using Lines = testing::Lines;

  explicit PeerjsWorld(PeerjsOptions settings = {}, RouterOptions options = {})
      : ScriptWorld(std::move(options)),
        factory([this](std::string_view name) { return router.find_room(name); }, std::move(settings)) {}

  /// `peer`: its peer id.
  Client connect(const std::string& query, std::string peer = {}, std::string token = {}) {
    ConnectInfo info;
    info.target = "/peerjs" + query;
    auto client = std::make_unique<testing::ProtocolClient>(*this, factory.make(info), std::move(peer),
                                                            std::move(token));
    run();
    return client;
  }
  Client client(const std::string& id, const std::string& token = "t", std::string peer = {}) {
    return connect("?key=peerjs&id=" + id + "&token=" + token + "&version=1.5.5", std::move(peer), token);
  }
  /// One that has been told that it is open.
  Client opened(const std::string& id, std::string peer = {}) {
    auto made = client(id, "t", std::move(peer));
    made->forget();
    return made;
  }
  void pass(std::chrono::milliseconds time) {
    constexpr std::chrono::milliseconds step{50};
    for (; time.count() > 0; time -= step) {
      clock.advance(std::min(time, step));
      router.on_time();
      run();
    }
  }

  Peerjs factory;
};

inline const std::string peerjs_open = R"({"type":"OPEN"})";
inline const std::string peerjs_taken = R"({"type":"ID-TAKEN","payload":{"msg":"ID is taken"}})";

inline std::string peerjs_refusal(const std::string& message) {
  return R"({"type":"ERROR","payload":{"msg":")" + message + "\"}}";
}
/// What a client says.
inline std::string said(const std::string& id, const std::string& payload = "1",
                        const std::string& type = "OFFER") {
  return R"({"type":")" + type + R"(","dst":")" + id + R"(","payload":)" + payload + "}";
}
/// What a client gets.
inline std::string heard_from(const std::string& id, const std::string& own, const std::string& payload = "1",
                              const std::string& type = "OFFER") {
  return R"({"type":")" + type + R"(","src":")" + id + R"(","dst":")" + own + R"(","payload":)" + payload +
         "}";
}
inline std::string expired(const std::string& id, const std::string& own) {
  return R"({"type":"EXPIRE","src":")" + id + R"(","dst":")" + own + "\"}";
}

}  // namespace signaling::protocols
