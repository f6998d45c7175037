#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "signaling/core/protocol_factory.hpp"
#include "signaling/text/export.hpp"

namespace signaling::protocols {

/// Options of the protocol, read when the factory is constructed and not later. 0 disables a bound.
struct SIGNALING_API YWebrtcOptions {
  /// A topic is the room of this and its name. Empty: topics share their names with the rooms of other protocols, and
  /// clients can publish to any of these rooms.
  std::string room_prefix = "y-webrtc/";
  /// Topics that a client is subscribed to. Default 256, instead of Limits::max_rooms_per_peer: applications open a room
  /// for each document. Beyond it, topics are skipped.
  std::size_t max_topics = 256;
  /// Bytes of a topic. Default 512: topics are often URLs. Longer ones are skipped.
  std::size_t max_topic_bytes = 512;
  /// Nesting depth of a message. Default 32, at most 1024; 0 also means 1024. Beyond it, a message is ignored.
  std::size_t max_json_depth = 32;
};

/// The protocol of y-webrtc, which connects Yjs documents: clients subscribe to topics and publish to them, described in
/// docs/dialects.md. A topic is a room; whoever is in it, the publisher included, gets each published message as it was
/// sent, with the number of members as `clients`.
///
/// Ownership: one object per peer, made by `YWebrtc`; all objects of one factory share an encoder.
/// Errors: nothing a client sends throws. The protocol has no message for errors: what it does not allow is ignored, and
/// counted.
/// Complexity: a published message is scanned once, and encoded once for all clients of this protocol.
class SIGNALING_API YWebrtc final : public ProtocolFactory {
 public:
  /// `count` returns the number of members of a room of the router that the peers are connected to, on all nodes. Any
  /// thread may call it, concurrently.
  explicit YWebrtc(std::function<std::size_t(std::string_view room)> count, YWebrtcOptions options = {});

  /// "/y-webrtc". The original serves every path: so does the path "/*".
  std::string_view path() const noexcept override;
  bool may_be_silent() const noexcept override { return true; }
  bool admits_any_origin() const noexcept override { return true; }
  std::unique_ptr<Protocol> make(const ConnectInfo& info = {}) const override;

 private:
  std::shared_ptr<const YWebrtcOptions> options_;
  std::shared_ptr<const Encoder> encoder_;
};

}  // namespace signaling::protocols
