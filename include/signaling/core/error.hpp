#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>

#include "signaling/text/export.hpp"

namespace signaling {

/// Errors of requests by peers and hosts.
///
/// The names (`to_string`) are the error codes of the native protocol and never change. Compare an `error_code` with
/// `condition` to find out who caused the error and whether a retry may succeed.
enum class errc : std::uint8_t {
  ok = 0,
  bad_json,            ///< a message, its payload or metadata is not JSON, or is nested too deep
  bad_request,         ///< a field is missing or has the wrong type
  unknown_type,        ///< the message type is unknown
  message_too_large,   ///< over Limits::max_message_bytes
  metadata_too_large,  ///< over Limits::max_metadata_bytes
  bad_id,              ///< a room or peer id is empty, over Limits::max_id_bytes, or reserved
  not_joined,          ///< the peer is not in that room
  peer_not_found,      ///< the receiver is in none of the sender's rooms
  room_full,           ///< over Limits::max_peers_per_room
  too_many_rooms,      ///< over Limits::max_rooms_per_peer
  too_many_names,      ///< over Limits::max_names_per_peer
  too_many_peers,      ///< over Limits::max_peers
  rate_limited,        ///< over the rate of joins
  overloaded,          ///< too much was sent while an earlier request was still waiting
  unauthorized,        ///< the policy does not admit this peer
  forbidden,           ///< the policy does not allow this request
  id_in_use,           ///< the requested peer id belongs to another client
  slow_consumer,       ///< the receiver reads too slowly; its queue is full
  closed,              ///< the peer has disconnected
  store_unavailable,   ///< the state store does not answer
  messages_lost,  ///< other nodes could not be reached for a while; messages to or from them may be missing
  expired,        ///< the time for which the peer was admitted is over
  kicked,         ///< the host has ended the connection
  internal,  ///< a defect of the library or of the host's hooks, or no decision within Limits::decision_timeout
};

/// Who caused an error, and whether the same request may succeed later.
enum class condition : std::uint8_t { peer_fault = 1, local_fault, retryable };

/// The stable name: `errc::room_full` is "room_full".
SIGNALING_API std::string_view to_string(errc code) noexcept;
/// One sentence for people. It contains no text from a peer.
SIGNALING_API std::string_view describe(errc code) noexcept;

/// The category of all `errc`.
SIGNALING_API const std::error_category& signaling_category() noexcept;
/// Makes `errc` an error_code by itself.
SIGNALING_API std::error_code make_error_code(errc code) noexcept;
/// Makes `condition` an error_condition by itself.
SIGNALING_API std::error_condition make_error_condition(condition value) noexcept;

/// Why a member left a room; the names are those of the native protocol.
enum class LeaveReason : std::uint8_t { leave, disconnect, timeout, kicked, node_lost };
/// The name in the native protocol.
SIGNALING_API std::string_view to_string(LeaveReason reason) noexcept;

/// Why a connection ends. A transport maps the reason to its own close codes.
enum class CloseReason : std::uint8_t {
  normal,          ///< the peer or the host has finished
  lost,            ///< the connection broke
  timeout,         ///< silent for too long
  kicked,          ///< by the host
  slow_consumer,   ///< did not read what was queued for it
  protocol_error,  ///< violated the wire protocol
  message_too_large,
  bad_request,   ///< asked for something malformed when it connected
  unauthorized,  ///< the policy refused it
  expired,       ///< the time for which it was admitted is over
  replaced,      ///< the same client reconnected on a new connection
  going_away,    ///< this server stops
  overloaded,
  internal,
};
/// A word for logs: "slow-consumer".
SIGNALING_API std::string_view to_string(CloseReason reason) noexcept;

}  // namespace signaling

template <>
struct std::is_error_code_enum<signaling::errc> : std::true_type {};
template <>
struct std::is_error_condition_enum<signaling::condition> : std::true_type {};
