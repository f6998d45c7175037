#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "signaling/core/protocol_factory.hpp"
#include "signaling/core/room.hpp"
#include "signaling/text/export.hpp"

namespace signaling::protocols {

/// The room of all registered clients of the vertex protocol. Peers of other protocols join it by this name.
inline constexpr std::string_view vertex_room = "vertex/everybody";

/// Options of the protocol, read when the factory is constructed and not later.
struct SIGNALING_API VertexOptions {
  /// Nesting depth of a message. Default 32, at most 1024; 0 also means 1024. Beyond it: the error for invalid JSON.
  std::size_t max_json_depth = 32;
};

/// The protocol of the Vertex clients: JSON text messages `{"type":…,"data":…}` over a WebSocket, on the path `/ws`,
/// described in docs/interop.md. A client registers with `new` under an id of its own, and gets the list of all
/// registered clients, again after every change. Offers, answers and candidates go to such an id unmodified, except for
/// `data.id` and `data.from`, which name the sender.
///
/// Ownership: one object per peer, made by `Vertex`; all objects of one factory share an encoder.
/// Errors: nothing a client sends throws; it gets `{"type":"error","data":…}`.
/// Complexity: each join and leave costs a list of all members, encoded once.
class SIGNALING_API Vertex final : public ProtocolFactory {
 public:
  /// `members` returns the members of `vertex_room` of the router that the peers are connected to, on all nodes; none
  /// if there is no such room. Any thread may call it, concurrently.
  explicit Vertex(std::function<std::vector<Member>()> members, const VertexOptions& options = {});

  /// "/ws".
  std::string_view path() const noexcept override;
  std::unique_ptr<Protocol> make(const ConnectInfo& info = {}) const override;

 private:
  std::shared_ptr<const Encoder> encoder_;
  VertexOptions options_;
};

}  // namespace signaling::protocols
