#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "signaling/core/protocol_factory.hpp"
#include "signaling/text/export.hpp"

namespace signaling::protocols {

/// Options of the native protocol, read when the factory is constructed and not later.
struct SIGNALING_API JsonOptions {
  /// The ping interval that clients get in the welcome. Default 25 s; 0: the server does not ping. Informational: the
  /// owner of the connection sends the pings.
  std::chrono::milliseconds heartbeat = std::chrono::seconds(25);
  /// The `iceServers` that clients get in the welcome, for `RTCPeerConnection`: a JSON array as text. Default: none.
  /// Cost: sent to every client. `Policy::ice_servers` overrides it.
  std::string ice_servers = "[]";
  /// Nesting depth of a message; the message itself is the first level. Default 32, at most 1024; 0 also means 1024.
  /// Beyond it: `bad_json`.
  std::size_t max_depth = 32;
};

/// The native protocol `signaling.v1`: JSON text messages, described in docs/protocol.md.
///
/// A message is scanned once, without building a tree; `data` and `metadata` are passed on byte for byte. The router
/// enforces the size of ids (Limits::max_id_bytes); a request id counts as written in the message.
/// Lifetime: views in commands point into the message, or, for a string with escapes, into the protocol object.
/// Errors: input never makes a protocol object throw; text from a peer never becomes part of an error message.
/// Complexity: linear in the message, without allocation unless a room id, peer id or event name contains escapes.
/// Source: RFC 8259.
class SIGNALING_API Json final : public ProtocolFactory {
 public:
  /// Throws std::invalid_argument if `ice_servers` is not a JSON array, the heartbeat is negative, or `max_depth` is
  /// over 1024.
  explicit Json(JsonOptions options = {});

  /// "/signaling".
  std::string_view path() const noexcept override;
  /// "signaling.v1".
  std::string_view subprotocol() const noexcept override;
  std::unique_ptr<Protocol> make(const ConnectInfo& info = {}) const override;
  /// The encoder that all of its protocol objects share.
  const std::shared_ptr<const Encoder>& encoder() const noexcept { return encoder_; }

 private:
  JsonOptions options_;
  std::shared_ptr<const Encoder> encoder_;
};

}  // namespace signaling::protocols
