#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/core/room.hpp"

namespace signaling::protocols {

/// The room that holds all registered clients of the vertex protocol. Peers of other languages join it by
/// this name.
inline constexpr std::string_view vertex_room = "vertex/everybody";

/// Settings of the protocol. Read when the factory is made and not later.
struct SIGNALING_API VertexOptions {
  /// Levels of arrays and objects in a message. Default 32, at most 1024, which is also what 0 stands for. Over it: the
  /// error for what is no JSON.
  std::size_t max_json_depth = 32;
};

/// The protocol of the Vertex clients: JSON text messages `{"type":…,"data":…}` over a WebSocket, on the path
/// `/ws`, described in docs/interop.md. A client registers with `new` under an id of its own, and gets the
/// list of all that are registered, again whenever it changes; offers, answers and candidates go to such an
/// id as they are, but for `data.id` and `data.from`, which say who the sender is.
///
/// Ownership: one object per peer, made by `VertexFactory`; all that one factory makes share an encoder.
/// Errors: nothing a client sends throws; it gets `{"type":"error","data":…}`.
/// Complexity: each join and leave costs a list of all members, encoded once.
class SIGNALING_API VertexFactory {
 public:
  /// `members`: who is in `vertex_room` of the router that the peers are connected to, on all nodes; none if
  /// there is no such room. Called from any thread at once.
  explicit VertexFactory(std::function<std::vector<Member>()> members, const VertexOptions& options = {});

  /// The language of one client.
  std::unique_ptr<Protocol> make() const;

 private:
  std::shared_ptr<const Encoder> encoder_;
  VertexOptions options_;
};

}  // namespace signaling::protocols
