#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "signaling/core/protocol_factory.hpp"
#include "signaling/core/room.hpp"
#include "signaling/text/export.hpp"

namespace signaling::protocols {

/// Options of the protocol, read when the factory is constructed and not later. 0 disables a limit.
struct SIGNALING_API PeerjsOptions {
  /// What clients must give as `key`. Not a secret.
  std::string key = "peerjs";
  /// The room of all clients is this and "everybody", or, with another key than "peerjs", this, the key and "/everybody".
  std::string room_prefix = "peerjs/";
  /// Clients on all nodes. Default 5000, as in the original. Beyond it, a client is refused.
  std::size_t max_clients = 5'000;
  /// How long the messages to an id wait for a client of that id. Default 5 s.
  std::chrono::milliseconds expire_timeout{5'000};
  /// If another client has the id: how long that client has to answer a ping, lest it lose the id. Default 2 s; 0: it is
  /// not asked, and keeps the id.
  std::chrono::milliseconds probe_timeout{2'000};
  /// Messages of a client that wait for one absent id. Default 32. Beyond it, a message is dropped.
  std::size_t max_waiting_messages = 32;
  /// Bytes of these. Default 256 KiB.
  std::size_t max_waiting_bytes = 256 * 1024;
  /// Absent ids for which messages of one client wait. Default 16.
  std::size_t max_absent_ids = 16;
  /// Bytes of one client that wait for all absent ids. Default 1 MiB.
  std::size_t max_total_waiting_bytes = 1024 * 1024;
  /// Limits::max_id_bytes of the router. If two ids are longer than this together, in JSON and with a few more bytes, neither
  /// is told when the other is too slow.
  std::size_t max_tag_bytes = 128;
  /// Nesting depth of a message. Default 32, at most 1024; 0 also means 1024. Beyond it, a message is ignored.
  std::size_t max_json_depth = 32;
};

/// The protocol of PeerJS's WebSocket, described in docs/dialects.md: a client has an id and a token, and sends offers,
/// answers and candidates to the ids of others. `net::add_peerjs` adds the HTTP resources.
///
/// States of a client: opening -> open -> closed, and opening -> contested -> open or closed. While opening, it joins the
/// room of all clients with its id as alias, of which its token is the secret: a client that has the id with the same token
/// is replaced. While contested, a client with another token has the id: it is probed, and the join repeated until that
/// client has answered, or the time is over.
/// Invariants: OPEN is sent when the client is in the room, and before any message. Messages of one client to one id are in
/// order: while some of them wait, later ones wait behind them. What waits belongs to its sender, on the sender's node, and
/// ends with the sender; each 100 ms the sender looks for the id among the members of the room, which are those of all nodes.
/// Ownership: one object per peer, made by `Peerjs`; all objects of one factory share an encoder and an index of the room.
/// Errors: nothing a client sends throws. What the protocol has no word for is ignored, and counted.
/// Complexity: the index is rebuilt, in linear time, at the first look-up after a change of the room.
class SIGNALING_API Peerjs final : public ProtocolFactory {
 public:
  /// Finds a room by its name; null: this node has no member there.
  using RoomOf = std::function<std::shared_ptr<Room>(std::string_view)>;
  /// `room_of` is Router::find_room of the router that the peers are connected to. Any thread may call it.
  explicit Peerjs(RoomOf room_of, PeerjsOptions options = {});

  /// "/peerjs", where clients connect whose option `path` is "/".
  std::string_view path() const noexcept override { return "/peerjs"; }
  bool may_be_silent() const noexcept override { return true; }
  bool admits_any_origin() const noexcept override { return true; }
  std::unique_ptr<Protocol> make(const ConnectInfo& info) const override;

  /// PeerjsOptions::key.
  std::string_view key() const noexcept;
  /// The room of all clients. Peers of other protocols join it by this name.
  std::string_view room() const noexcept;
  /// The alias (command::Join::alias) of an id. A local peer that joins `room` with it gets what clients send to that id.
  std::string alias(std::string_view id) const;
  /// The metadata with which a local peer joins `room`, so that its messages come from `id`.
  static std::string metadata(std::string_view id);
  /// The id by which clients call a member of `room`, as JSON.
  static std::string name_of(const Member& member);

  struct Shared;  ///< what its protocol objects share; not for hosts

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace signaling::protocols
