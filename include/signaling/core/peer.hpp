#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "signaling/core/command.hpp"
#include "signaling/core/envelope.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/protocol.hpp"

namespace signaling {

/// More of a text with which a host kicks or closes a peer is cut off, between two characters.
inline constexpr std::size_t max_why_bytes = 256;

/// What became of one send.
struct [[nodiscard]] SIGNALING_API SendResult {
  SendStatus status = SendStatus::sent;  ///< how far it came
  /// Set when `status` is `dropped`.
  errc error = errc::ok;
};

/// One participant: a client behind a transport, or a local peer of the host.
///
/// Ownership: shared by the router, until the peer is gone, and by whoever keeps the pointer; a peer that is gone
/// answers every call with `errc::closed` or does nothing.
/// Threads: everything is called on the executor of the peer's transport (for a local peer: the executor it was
/// made with), except `close`, `kick`, `set_ice_servers`, `id`, `identity` and `outbound_bytes`, which any thread may
/// call.
/// Re-entrancy: no call runs an event handler or a transport's `write` before it returns.
/// Answers to `join`, `leave`, `update` and `members` arrive as events, those about one room in the order of the calls. An
/// `event::Error` about what cannot be done at all may come before answers to earlier calls. `request` is a tag that comes
/// back in the answer.
class SIGNALING_API Peer {
 public:
  virtual ~Peer() = default;

  /// Empty until the peer is admitted; does not change afterwards.
  virtual const PeerId& id() const noexcept = 0;
  /// Who the policy, or the host, says it is. Empty until the peer is admitted; does not change afterwards.
  virtual const Identity& identity() const noexcept = 0;

  /// The client sent a message, whole and unframed. The bytes are not needed after the call.
  virtual void receive(const MessageView& message) = 0;
  /// `bytes` message bytes (the sum of Frame::size) that `Transport::write` took have left.
  virtual void written(std::size_t bytes) = 0;
  /// The connection is over: the peer leaves its rooms. Exactly once, also after Transport::close. The router does
  /// not touch the transport after this call began.
  virtual void disconnected(CloseReason reason) = 0;

  /// Joins a room. When in it already: asks for its members, and replaces the metadata if some is given.
  /// Answer: `event::Joined` or `event::Error`.
  virtual void join(std::string_view room, std::optional<std::string_view> metadata = {},
                    std::string_view request = {}) = 0;
  /// Answer: `event::Left` or `event::Error`.
  virtual void leave(std::string_view room, std::string_view request = {}) = 0;
  /// Replaces the metadata in a room. Answer: `event::Updated` or `event::Error`.
  virtual void update(std::string_view room, std::string_view metadata, std::string_view request = {}) = 0;
  /// Answer: `event::Members` or `event::Error`.
  virtual void members(std::string_view room, std::string_view request = {}) = 0;
  /// As the other `join`, with all that a protocol can ask for, such as a room without a bound.
  virtual void join(const command::Join& command) = 0;
  /// Sends to `envelope.to` if set, else to all others of `envelope.room`. With both set, only a member of that room
  /// is found; with `to` alone, a member of any shared room (cost: one look-up per room until it is found). Beyond
  /// these, RouterOptions::strangers and Envelope::reach decide.
  virtual SendResult send(const Envelope& envelope) = 0;

  /// The rooms the peer is in.
  virtual std::vector<RoomId> rooms() const = 0;
  /// Message bytes queued for this peer and not yet reported as written.
  virtual std::size_t outbound_bytes() const noexcept = 0;

  /// Replaces the ICE servers that the client knows; `servers` is a JSON array as text. No event: a language without a
  /// word for it, such as a local peer's, drops it.
  virtual void set_ice_servers(std::string_view servers) = 0;
  /// Removes the peer from one room: it gets `event::Left` with `kicked` and `why`, text in UTF-8 for people.
  virtual void kick(std::string_view room, std::string_view why = {}) = 0;
  /// Ends the connection: the peer leaves its rooms, what is queued for it is still written. With
  /// `CloseReason::kicked` and `CloseReason::expired` it gets `event::Error` with the `errc` of that name first, whose
  /// message is `why` unless that is empty; other reasons tell nothing.
  virtual void close(CloseReason reason, std::string_view why = {}) = 0;
};

}  // namespace signaling
