#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/protocol_factory.hpp"
#include "signaling/core/room.hpp"
#include "signaling/text/export.hpp"

namespace signaling::protocols {

/// Who is told of whom.
enum class MatchboxTopology : std::uint8_t {
  mesh,           ///< all members of a room of each other
  client_server,  ///< one member, the host, of all others, and they of the host: the first member, or one that speaks
                  ///< another protocol, such as a local peer
};

class MatchboxState;

/// Options of the protocol, read when the factory is constructed and not later.
struct SIGNALING_API MatchboxOptions {
  /// The path of the room without a name; a room's path is this, a slash and its name.
  std::string path = "/matchbox";
  /// The room of a path is the room of this and the path's name. Empty: the names are shared with other protocols.
  std::string room_prefix = "matchbox/";
  MatchboxTopology topology = MatchboxTopology::mesh;  ///< for all rooms of this factory
  /// The largest group that clients can ask for, with `?next=N`; a larger one has this many members. Default 1000; 0: no
  /// bound.
  std::size_t max_group = 1000;
  /// Nesting depth of a message. Default 32, at most 1024; 0 also means 1024. Beyond it, a message is ignored.
  std::size_t max_json_depth = 32;
};

/// The protocol of matchbox, peer-to-peer sockets for games in Rust, described in docs/dialects.md. The path is the room.
/// Older members are told of a new one, and make it an offer.
///
/// Offer it at two paths: `server.add(matchbox)` and `server.add(matchbox, {.path = "/matchbox/*"})`.
/// Ownership: one object per peer, made by `Matchbox`.
/// Errors: nothing a client sends throws. The protocol has no message for errors: what it does not allow is ignored, and
/// counted. A client that may not join its room is closed.
/// Nodes: groups of `?next=N` form on each node by itself. Clients of one room that are the first of two nodes at the same
/// moment may both become host.
class SIGNALING_API Matchbox final : public ProtocolFactory {
 public:
  /// `members` returns the members of a room of the router that the peers are connected to, on all nodes; none if there is
  /// no such room. Any thread may call it, concurrently. Throws std::invalid_argument if the path does not begin with a
  /// slash.
  explicit Matchbox(std::function<std::vector<Member>(std::string_view room)> members,
                    MatchboxOptions options = {});

  /// MatchboxOptions::path.
  std::string_view path() const noexcept override;
  bool may_be_silent() const noexcept override { return true; }
  bool admits_any_origin() const noexcept override { return true; }
  /// Null: the target has more than one segment behind the path.
  std::unique_ptr<Protocol> make(const ConnectInfo& info) const override;

 private:
  std::shared_ptr<MatchboxState> state_;
};

}  // namespace signaling::protocols
