#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "signaling/core/command.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/message.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// The maximum size of the text with which a host kicks or closes a peer; the rest is cut off at a character boundary.
inline constexpr std::size_t max_why_bytes = 256;

/// The result of a send.
struct [[nodiscard]] SIGNALING_API SendResult {
  SendStatus status = SendStatus::sent;  ///< whether and how the message was accepted
  /// Set when `status` is `dropped`.
  errc error = errc::ok;
};

/// A client or a local peer, as the host sees it.
///
/// Ownership: shared by the router, until the peer disconnects, and by all holders of the pointer; a disconnected
/// peer answers every call with `errc::closed` or does nothing.
/// Threads: call everything on the peer's executor, except `close`, `kick`, `set_ice_servers`, `executor`, `id`,
/// `identity`, `is_away`, `is_local` and `outbound_bytes`, which any thread may call. From other threads use
/// Router::async_join, Router::async_leave and Router::send, or post to the executor.
/// Re-entrancy: no call runs an event handler or a transport's `write` before it returns.
/// Answers to `join`, `leave`, `update` and `members` arrive as events, those about one room in the order of the calls.
/// An `event::Error` about a request that is invalid in itself may arrive before answers to earlier calls. The answer
/// repeats the tag `request`, any text; `signaling.v1` writes it as a JSON string unless it is a JSON string or number.
/// Errors: metadata that is not JSON is answered with `bad_json`.
class SIGNALING_API Peer {
 public:
  virtual ~Peer() = default;

  /// Empty until the peer is admitted; does not change afterwards.
  virtual const PeerId& id() const noexcept = 0;
  /// The identity from the policy, or from the host. Empty until the peer is admitted. A client that resumes brings a
  /// new one; a reference stays valid until it has resumed twice.
  virtual const Identity& identity() const noexcept = 0;
  /// True while the peer has no connection and waits for its client to resume. Any thread may call it.
  virtual bool is_away() const noexcept = 0;
  /// True for a peer of the host itself (Router::connect_local).
  virtual bool is_local() const noexcept = 0;

  /// The executor of the peer's transport, or of LocalPeerOptions.
  virtual boost::asio::any_io_executor executor() const = 0;

  /// Joins a room. If the peer is already in it: requests its members, and replaces the metadata if some is given.
  /// Answer: `event::Joined` or `event::Error`.
  virtual void join(std::string_view room, std::optional<std::string_view> metadata = {},
                    std::string_view request = {}) = 0;
  /// Answer: `event::Left` or `event::Error`.
  virtual void leave(std::string_view room, std::string_view request = {}) = 0;
  /// Replaces the metadata in a room. Answer: `event::Updated` or `event::Error`.
  virtual void update(std::string_view room, std::string_view metadata, std::string_view request = {}) = 0;
  /// Answer: `event::Members` or `event::Error`.
  virtual void members(std::string_view room, std::string_view request = {}) = 0;
  /// Like the other `join`, with all options that a protocol has, such as a room without a limit of members.
  virtual void join(const command::Join& command) = 0;
  /// Sends to `message.to` if set, otherwise to all other members of `message.room`. With both set, the receiver must
  /// be a member of that room; with only `to`, a member of any shared room (cost: one look-up per room until it is
  /// found). RouterOptions::strangers and Message::reach decide on receivers beyond these.
  virtual SendResult send(const Message& message) = 0;

  /// The rooms the peer is in.
  virtual std::vector<RoomId> rooms() const = 0;
  /// Message bytes queued for this peer and not yet reported as written.
  virtual std::size_t outbound_bytes() const noexcept = 0;

  /// Replaces the ICE servers that the client knows; `servers` is a JSON array as text, otherwise the call throws
  /// std::invalid_argument. Not an event: a protocol without a message for it, such as a local peer's, drops it.
  virtual void set_ice_servers(std::string_view servers) = 0;
  /// Removes the peer from one room: it gets `event::Left` with `kicked` and `why`, UTF-8 text for people.
  virtual void kick(std::string_view room, std::string_view why = {}) = 0;
  /// Ends the connection: the peer leaves its rooms, and its queued output is still written. With `CloseReason::kicked`
  /// and `CloseReason::expired` it first gets `event::Error` with the `errc` of that name, whose message is `why`
  /// unless that is empty; other reasons send no event.
  virtual void close(CloseReason reason, std::string_view why = {}) = 0;
};

}  // namespace signaling
