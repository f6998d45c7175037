#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "signaling/text/export.hpp"

namespace signaling {

/// Limits on the resources of one peer. 0 disables a limit, unless its comment says otherwise.
///
/// A limit counts only what it names. Router::set_limits replaces the limits while the router runs.
struct SIGNALING_API Limits {
  /// Bytes of one message, after reassembly and decompression. Default 256 KiB, enough for the SDP of a large SFU. At
  /// most max_outbound_bytes. Beyond it: `message_too_large`, and the connection closes. Cost: this much memory per
  /// peer with an incomplete message. Socket.IO messages have a limit of their own, 1,000,000 bytes.
  std::size_t max_message_bytes = 256 * 1024;
  /// Bytes of one peer's metadata in one room. Default 4 KiB. Beyond it: `metadata_too_large`. Cost: stored per
  /// membership, and sent to every peer that joins.
  std::size_t max_metadata_bytes = 4 * 1024;
  /// Bytes of a room or peer id, of an event name, and of a request id. Default 128. Beyond it: `bad_id` (`bad_request`
  /// for event names and request ids).
  std::size_t max_id_bytes = 128;
  /// Rooms of one peer at a time. Default 32. Beyond it: `too_many_rooms`.
  std::size_t max_rooms_per_peer = 32;
  /// Names of one peer besides its id, in protocols where clients name themselves; a peer keeps its names until it
  /// disconnects. Default 16. Beyond it: `too_many_names`.
  std::size_t max_names_per_peer = 16;
  /// Members of one room, on all nodes together. Default 1000. Beyond it: `room_full`.
  std::size_t max_peers_per_room = 1000;
  /// Peers of this router. Default 100,000. Beyond it: `too_many_peers`, and the connection closes. Cost: some 2 kB per
  /// idle peer.
  std::size_t max_peers = 100'000;
  /// Message bytes that wait for one peer, in its mailbox or in its transport. Default 1 MiB. Beyond it, peers that
  /// send to it are slowed to 1 MiB a second, and it is slowed itself. If it then reads less than a sixteenth of this
  /// in 10 s, it is closed as slow. Beyond four times as much, or twice for messages of peers that send much, messages
  /// are refused, and the sender gets `slow_consumer`; beyond sixteen times as much, a join, leave or update of another
  /// peer closes it. Volatile messages are dropped beyond half of it.
  std::size_t max_outbound_bytes = 1024 * 1024;
  /// Message bytes of one peer that wait: for the policy or the store to answer an earlier request, or for their turn
  /// under the rates below. Default 512 KiB. The transport is asked to stop reading long before. If the transport
  /// cannot stop, beyond it: `overloaded`, and the connection closes.
  std::size_t max_pending_bytes = 512 * 1024;
  /// Messages per second and peer in the long run. Default 200. Beyond it, messages wait, and the transport is asked to
  /// stop reading. No message is dropped.
  std::uint32_t messages_per_second = 200;
  /// Messages at once above that rate: a client that joins a large mesh sends hundreds of candidates. Default 1000; 0
  /// is 1.
  std::uint32_t message_burst = 1000;
  /// Message bytes per second and peer in the long run. Default 1 MiB. Beyond it: as with `messages_per_second`.
  std::uint64_t bytes_per_second = 1024 * 1024;
  /// Bytes at once above that rate. Default 4 MiB. A larger message waits until this much is free.
  std::uint64_t byte_burst = 4 * 1024 * 1024;
  /// Bytes per second that one peer may cause this node to send in the long run: its messages to rooms and its joins,
  /// leaves and updates, multiplied by the receivers, and the lists that it requests. Default 32 MiB: 60 candidates of
  /// 500 bytes a second to each of 1000 members. Beyond it, its next messages wait, as with `bytes_per_second`.
  std::uint64_t caused_bytes_per_second = 32 * 1024 * 1024;
  /// Bytes above that rate, at four times the rate. Default 128 MiB: two messages of 64 KiB to each of 1000 members.
  std::uint64_t caused_byte_burst = 128 * 1024 * 1024;
  /// Joins per second and peer in the long run. Default 10. Beyond it: `rate_limited`.
  std::uint32_t joins_per_second = 10;
  /// Joins at once above that rate: a client that reconnects joins all its rooms. Default 64; 0 is 1.
  std::uint32_t join_burst = 64;
  /// Time for the policy to decide on a join, and for policy and store to admit a peer. Default 10 s. Beyond it:
  /// `internal`; the join fails, or the connection closes.
  std::chrono::milliseconds decision_timeout{10'000};
  /// The longest time that a peer stays after it has lost its connection, if its client asks for that (`keep`). Default
  /// 60 s. 0: no peer stays. Cost: its memberships, and what waits for it, up to max_outbound_bytes.
  std::chrono::milliseconds max_resume{60'000};
  /// How long a connection is lost before the other members are told that the peer is away. Default 1 s.
  std::chrono::milliseconds away_after{1'000};
  /// Message bytes that were sent to a peer and kept until its client confirms them. Default 256 KiB. Beyond it, the
  /// oldest are dropped: a client that has missed them resumes with `rooms` instead of `exact`.
  std::size_t max_unacknowledged_bytes = 256 * 1024;
  /// How long an id that its client has chosen stays reserved for the client when its connection is lost: until then,
  /// only the secret of its welcome gives the id. Default 30 s. 0: the id is free at once.
  std::chrono::milliseconds id_grace{30'000};
  /// Reserved ids at a time. Default 10,000. Beyond it, an id is free at once. Cost: some 300 bytes each.
  std::size_t max_reserved_ids = 10'000;
};

}  // namespace signaling
