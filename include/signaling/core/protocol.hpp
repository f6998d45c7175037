#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "signaling/core/clock.hpp"
#include "signaling/core/command.hpp"
#include "signaling/core/event.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/limits.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

/// One message of a client, whole and unframed. The bytes are valid during the call.
struct SIGNALING_API MessageView {
  MessageKind kind = MessageKind::text;  ///< text or binary
  std::string_view bytes;                ///< the whole message
};

/// Turns events into messages for clients. One encoder serves every peer that speaks the same protocol, so an event for
/// a thousand of them is encoded once.
///
/// Threads: any thread may call `encode`, concurrently. Its result depends only on the event.
/// Errors: it should throw only std::bad_alloc. The peer that caused the event gets the exception, or `internal` if it
/// comes later; members that could not be notified of a change get `messages_lost`.
class SIGNALING_API Encoder {
 public:
  virtual ~Encoder() = default;
  /// Appends the messages for `event`: none, if the protocol cannot express it.
  virtual void encode(const Event& event, std::vector<Frame>& frames) const = 0;
  /// Appends the message that replaces the ICE servers of the welcome; `servers` is a JSON array as text. Default: none.
  virtual void encode_ice_servers(std::string_view servers, std::vector<Frame>& frames) const;
};

/// What one client may do with rooms, in the terms of Limits.
struct SIGNALING_API RoomLimits {
  std::size_t max_rooms = 0;       ///< as Limits::max_rooms_per_peer
  std::size_t max_name_bytes = 0;  ///< of a room; as Limits::max_id_bytes
  std::uint32_t join_burst = 0;    ///< as Limits::join_burst
};

/// One client's wire protocol: turns its messages, and the passing of time, into commands. Sans-I/O: no socket, no timer,
/// no thread.
///
/// Ownership: one object per peer, owned by the peer.
/// Threads: called only on the peer's executor, never concurrently.
class SIGNALING_API Protocol {
 public:
  virtual ~Protocol() = default;
  /// A name for statistics and logs: "signaling.v1". Peers whose protocols have the same name speak one protocol
  /// (Reach::speakers). Must not change; any thread may call it.
  virtual std::string_view name() const noexcept = 0;
  /// The maximum message size in bytes; the router enforces it. 0: the transport enforces it. Default:
  /// Limits::max_message_bytes.
  virtual std::size_t max_message_bytes(const Limits& limits) const noexcept;
  /// What this client may do with rooms. Default: what `limits` say. For protocols with many rooms, or long names.
  virtual RoomLimits room_limits(const Limits& limits) const noexcept;
  /// Whether the welcome contains the client's resume secret. If not, the router reserves no id for a client that has
  /// lost its connection, since the client could not prove that the id is its own. Default: false.
  virtual bool tells_resume_secret() const noexcept;
  /// Whether both sides count this message, as a client that resumes must know what has arrived: every message that
  /// must not get lost or be handled twice. Called only if the welcome contains the secret. Default: true.
  virtual bool is_counted(const MessageView& message) const noexcept;
  /// A new id for a peer whose policy and connection have chosen none, in the form that clients of this protocol expect.
  /// Must be as unguessable as make_id. Default: empty, the router's make_id.
  virtual PeerId make_peer_id(Random& random);
  /// The peer is admitted as `id`: appends the commands that precede its first message. `clock` is the router's, by
  /// which `deadline` is meant; it outlives this object. Default: none.
  virtual void open(std::string_view id, const Clock& clock, std::vector<Command>& commands);
  /// Appends the commands of `message`. Never throws for bad input: a message that it does not understand becomes
  /// `command::Invalid`. The views in `commands` are valid as long as `message` and this object are unchanged.
  virtual void decode(const MessageView& message, std::vector<Command>& commands) = 0;
  /// When the router is to call `on_deadline`; absent: never. Asked after each call of `open`, `decode` and `on_deadline`.
  /// Default: absent.
  virtual std::optional<TimePoint> deadline() const noexcept;
  /// The deadline has passed: appends the commands that are due, and sets another deadline or none. As with `decode`, the
  /// views are valid until the next call. Default: none.
  virtual void on_deadline(std::vector<Command>& commands);
  /// After Frame::probe, the client has shown that it lives: appends the commands that follow from it. Default: none.
  virtual void alive(std::vector<Command>& commands);
  /// The last call: an admitted peer has left its rooms. Default: does nothing.
  virtual void closed() noexcept;
  /// The same object for all peers that can share frames. Never null.
  virtual const std::shared_ptr<const Encoder>& encoder() const noexcept = 0;
};

}  // namespace signaling
