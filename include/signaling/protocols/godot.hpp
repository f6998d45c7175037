#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/protocol_factory.hpp"
#include "signaling/core/room.hpp"
#include "signaling/text/export.hpp"

namespace signaling::protocols {

/// The metadata with which a local peer joins the room of a lobby first, and so is its host, number 1.
inline constexpr std::string_view godot_host_metadata = R"( {"godotHost":true})";

/// Options of the protocol, read when the factory is constructed and not later.
struct SIGNALING_API GodotOptions {
  /// A lobby is the room of this and its name. Empty: the names are shared with other protocols.
  std::string room_prefix = "godot/";
  /// Time for a client to join a lobby. Default 5 s; 0: no limit. Beyond it: closed with 4000.
  std::chrono::milliseconds join_timeout{5'000};
  /// Time from the sealing of a lobby to the end of its connections. Default 10 s.
  std::chrono::milliseconds seal_time{10'000};
  /// Nesting depth of a message. Default 32, at most 1024; 0 also means 1024. Beyond it, the client is closed.
  std::size_t max_json_depth = 32;
};

/// The protocol of Godot's WebRTC signaling demo, described in docs/dialects.md: lobbies, whose host is number 1. A lobby
/// whose name begins with a digit is a client-server lobby, in which clients see only the host; the others are meshes.
///
/// Ownership: one object per peer, made by `Godot`; all objects of one factory share an encoder.
/// Errors: nothing a client sends throws. Each error closes the client with 4000 and the reason.
class SIGNALING_API Godot final : public ProtocolFactory {
 public:
  /// `members` returns the members of a room of the router that the peers are connected to, on all nodes; none if there is
  /// no such room. Any thread may call it, concurrently.
  explicit Godot(std::function<std::vector<Member>(std::string_view room)> members,
                 GodotOptions options = {});

  /// "/godot". The original serves every path: so does the path "/*".
  std::string_view path() const noexcept override;
  /// GodotOptions::join_timeout limits the time.
  bool may_be_silent() const noexcept override { return true; }
  bool admits_any_origin() const noexcept override { return true; }
  std::unique_ptr<Protocol> make(const ConnectInfo& info = {}) const override;

 private:
  std::shared_ptr<const GodotOptions> options_;
  std::function<std::vector<Member>(std::string_view)> members_;
  std::shared_ptr<const Encoder> encoder_;
};

}  // namespace signaling::protocols
