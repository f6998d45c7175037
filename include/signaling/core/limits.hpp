#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "signaling/core/export.hpp"

namespace signaling {

/// What one peer may cost. 0 switches a bound off, unless its comment says otherwise.
///
/// A limit counts what it names and nothing else. Router::set_limits replaces them while the router runs.
struct SIGNALING_API Limits {
  /// Bytes of one message, after reassembly and decompression. Default 256 KiB: the SDP of a large SFU fits.
  /// At most max_outbound_bytes. Over it: `message_too_large`, and the connection closes. Cost: that much memory per peer that
  /// is in the middle of a message. Not for Socket.IO, whose messages have a bound of their own, 1,000,000 bytes.
  std::size_t max_message_bytes = 256 * 1024;
  /// Bytes of one peer's metadata in one room. Default 4 KiB. Over it: `metadata_too_large`. Cost: kept per
  /// membership, and sent to every joiner.
  std::size_t max_metadata_bytes = 4 * 1024;
  /// Bytes of a room or peer id, of an event name, and of a request id. Default 128. Over it: `bad_id`
  /// (`bad_request` for event names and request ids).
  std::size_t max_id_bytes = 128;
  /// Rooms one peer is in at a time. Default 32. Over it: `too_many_rooms`.
  std::size_t max_rooms_per_peer = 32;
  /// Names that one peer claims beside its id, in languages where clients name themselves; it keeps them until it is
  /// gone. Default 16. Over it: `too_many_names`.
  std::size_t max_names_per_peer = 16;
  /// Members of one room, on all nodes together. Default 1000. Over it: `room_full`.
  std::size_t max_peers_per_room = 1000;
  /// Peers of this router. Default 100,000. Over it: `too_many_peers`, and the connection closes. Cost: some 2 kB each,
  /// idle.
  std::size_t max_peers = 100'000;
  /// Message bytes waiting for one peer, given to its transport or not. Default 1 MiB. Over it whoever sends to it is slowed
  /// to 1 MiB a second, and what it sends itself waits. If it reads less than a sixteenth of this in 10 s meanwhile, it is
  /// closed as slow. Over four times as much, messages are refused, and the sender gets `slow_consumer`; over sixteen
  /// times as much, a join, leave or update of others closes it. Volatile messages are dropped at half of it.
  std::size_t max_outbound_bytes = 1024 * 1024;
  /// Bytes of one peer's messages that wait: for the answer of the policy or the store to an earlier request, or for their
  /// turn under the rates below. Default 512 KiB. The transport is asked to stop reading long before. Over it, if the
  /// transport cannot: `overloaded`, and the connection closes.
  std::size_t max_pending_bytes = 512 * 1024;
  /// Messages per second and peer in the long run. Default 200. Over it: messages wait, and the transport is asked to
  /// stop reading. None is dropped.
  std::uint32_t messages_per_second = 200;
  /// Messages at once above that rate: a joiner of a large mesh trickles hundreds of candidates. Default 1000; 0 is 1.
  std::uint32_t message_burst = 1000;
  /// Bytes of messages per second and peer in the long run. Default 1 MiB. Over it: as with `messages_per_second`.
  std::uint64_t bytes_per_second = 1024 * 1024;
  /// Bytes at once above that rate. Default 4 MiB. A larger message waits until that much is free.
  std::uint64_t byte_burst = 4 * 1024 * 1024;
  /// Joins per second and peer in the long run. Default 10. Over it: `rate_limited`.
  std::uint32_t joins_per_second = 10;
  /// Joins at once above that rate: a client that comes back joins all its rooms. Default 64; 0 is 1.
  std::uint32_t join_burst = 64;
  /// Time for the policy to decide on a join, and for policy and store to admit a peer. Default 10 s. Over it:
  /// `internal`; the join fails, or the connection closes.
  std::chrono::milliseconds decision_timeout{10'000};
  /// How long an id that its client has chosen stays reserved for it when its connection is lost: until then it takes the
  /// secret of its welcome to have the id. Default 30 s. 0: the id is free at once.
  std::chrono::milliseconds id_grace{30'000};
  /// Ids that are reserved at a time. Default 10,000. Over it an id is free at once. Cost: some 300 bytes each.
  std::size_t max_reserved_ids = 10'000;
};

}  // namespace signaling
