#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/core/protocol.hpp"

namespace signaling::protocols {

/// Settings of the native protocol. Read when the factory is made and not later.
struct SIGNALING_API JsonOptions {
  /// Told to clients in the welcome: how often the server pings. Default 25 s; 0: it does not. It only tells;
  /// who owns the connection does the pinging.
  std::chrono::milliseconds heartbeat = std::chrono::seconds(25);
  /// Told to clients in the welcome: what `RTCPeerConnection` takes as `iceServers`, a JSON array as text.
  /// Default: none. Cost: sent to every client. `Policy::ice_servers` overrides it.
  std::string ice_servers = "[]";
  /// Levels of nesting in a message, the message itself being the first. Default 32, at most 1024, which is
  /// also what 0 stands for. Over it: `bad_json`.
  std::size_t max_depth = 32;
};

/// The native protocol `signaling.v1`: JSON text messages, described in docs/protocol.md.
///
/// A message is scanned once and never becomes a tree; `data` and `metadata` are passed on byte for byte. How long ids may be
/// is for the router to judge (Limits::max_id_bytes); that of a request counts as it is written in the message.
/// Ownership: one object per peer, made by `JsonProtocolFactory`; all that one factory makes share an
/// encoder.
/// Lifetime: views in commands point into the message, or, for a string written with escapes, into this
/// object.
/// Errors: input never makes it throw; text from a peer never becomes part of an error message.
/// Complexity: linear in the message, without allocation unless a room id, peer id or event name holds
/// escapes.
/// Source: RFC 8259.
class SIGNALING_API JsonProtocol final : public Protocol {
 public:
  /// The name of the WebSocket subprotocol.
  static constexpr std::string_view subprotocol = "signaling.v1";

  std::string_view name() const noexcept override { return subprotocol; }
  bool tells_resume_secret() const noexcept override { return true; }
  void decode(const MessageView& message, std::vector<Command>& commands) override;
  const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }

 private:
  friend class JsonProtocolFactory;
  JsonProtocol(std::shared_ptr<const Encoder> encoder, const JsonOptions& options);

  std::shared_ptr<const Encoder> encoder_;
  std::size_t max_depth_;
  /// Strings of the last message that had to be unescaped.
  std::string scratch_;
};

/// Makes the protocol object of each peer.
///
/// Threads: `make` from any thread at once.
class SIGNALING_API JsonProtocolFactory {
 public:
  /// Throws std::invalid_argument if `ice_servers` is not a JSON array, the heartbeat is negative, or
  /// `max_depth` is more than 1024.
  explicit JsonProtocolFactory(JsonOptions options = {});

  /// The language of one client.
  std::unique_ptr<Protocol> make() const;
  /// What all that it makes share.
  const std::shared_ptr<const Encoder>& encoder() const noexcept { return encoder_; }

 private:
  JsonOptions options_;
  std::shared_ptr<const Encoder> encoder_;
};

}  // namespace signaling::protocols
