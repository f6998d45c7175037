#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>

#include "signaling/core/export.hpp"

namespace signaling {

/// Everything that can go wrong with what a peer or a host asks for.
///
/// The names (`to_string`) are the error codes of the native protocol and never change. Comparing an
/// `error_code` with `condition` tells whose fault it was and whether asking again may help.
enum class errc : std::uint8_t {
  ok = 0,
  bad_json,            ///< the message is not JSON, or is nested too deep
  bad_request,         ///< a field is missing or has the wrong type
  unknown_type,        ///< no such kind of message
  message_too_large,   ///< over Limits::max_message_bytes
  metadata_too_large,  ///< over Limits::max_metadata_bytes
  bad_id,              ///< a room or peer id is empty, over Limits::max_id_bytes, or reserved
  not_joined,          ///< the peer is not in that room
  peer_not_found,      ///< the addressee is in no room that the sender is in
  room_full,           ///< over Limits::max_peers_per_room
  too_many_rooms,      ///< over Limits::max_rooms_per_peer
  too_many_names,      ///< over Limits::max_names_per_peer
  too_many_peers,      ///< over Limits::max_peers
  rate_limited,        ///< over the rate of joins
  overloaded,          ///< too much was sent while an earlier request was still waiting
  unauthorized,        ///< the policy does not admit this peer
  forbidden,           ///< the policy does not allow this request
  id_in_use,           ///< the wished peer id belongs to somebody else
  slow_consumer,       ///< the receiver reads too slowly; its queue is full
  closed,              ///< the peer is gone
  store_unavailable,   ///< the state store does not answer
  messages_lost,  ///< other nodes could not be reached for a while; messages to or from them may be missing
  expired,        ///< the time for which the peer was admitted is over
  kicked,         ///< the host has ended the connection
  internal,  ///< a defect of the library or of the host's hooks, or no decision within Limits::decision_timeout
};

/// Whose fault an error is, and whether the same request may succeed later.
enum class condition : std::uint8_t { peer_fault = 1, local_fault, retryable };

/// The stable name: `errc::room_full` is "room_full".
SIGNALING_API std::string_view to_string(errc code) noexcept;
/// One sentence for people, free of anything a peer sent.
SIGNALING_API std::string_view describe(errc code) noexcept;

/// The category of all `errc`.
SIGNALING_API const std::error_category& signaling_category() noexcept;
/// Makes `errc` an error_code by itself.
SIGNALING_API std::error_code make_error_code(errc code) noexcept;
/// Makes `condition` an error_condition by itself.
SIGNALING_API std::error_condition make_error_condition(condition value) noexcept;

/// Why a member is no longer in a room; the names are those of the native protocol.
enum class LeaveReason : std::uint8_t { leave, disconnect, timeout, kicked, node_lost };
/// The name in the native protocol.
SIGNALING_API std::string_view to_string(LeaveReason reason) noexcept;

/// Why a connection ends. A transport maps it to its own close codes.
enum class CloseReason : std::uint8_t {
  normal,          ///< the peer, or the host, is done
  lost,            ///< the connection broke
  timeout,         ///< silent for too long
  kicked,          ///< by the host
  slow_consumer,   ///< made no progress with what was queued for it
  protocol_error,  ///< broke the rules of the wire
  message_too_large,
  unauthorized,  ///< the policy refused it
  expired,       ///< the time for which it was admitted is over
  replaced,      ///< the same client came back on a new connection
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
