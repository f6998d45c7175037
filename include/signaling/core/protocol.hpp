#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "signaling/core/command.hpp"
#include "signaling/core/event.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/limits.hpp"

namespace signaling {

/// One message of a client, whole and unframed. The bytes live for the call.
struct SIGNALING_API MessageView {
  MessageKind kind = MessageKind::text;  ///< text or binary
  std::string_view bytes;                ///< the whole message
};

/// Turns events into a client's messages. One encoder serves every peer that speaks the same language, so that an
/// event for a thousand of them is encoded once.
///
/// Threads: `encode` is called from any thread at once. It depends on the event alone.
/// Errors: it is to throw for memory only. Whoever caused the event gets the exception, or `internal` if it comes later;
/// members that could not be told of a change get `messages_lost`.
class SIGNALING_API Encoder {
 public:
  virtual ~Encoder() = default;
  /// Appends the messages for `event`: none, if the language has no word for it.
  virtual void encode(const Event& event, std::vector<Frame>& frames) const = 0;
  /// Appends the message that replaces the ICE servers of the welcome; `servers` is a JSON array as text. Default: none.
  virtual void encode_ice_servers(std::string_view servers, std::vector<Frame>& frames) const;
};

/// One client's wire language: turns its messages into commands. Sans-I/O: no socket, no clock, no thread.
///
/// Ownership: one object per peer, owned by the peer.
/// Threads: called on the peer's executor only, never concurrently.
class SIGNALING_API Protocol {
 public:
  virtual ~Protocol() = default;
  /// A word for statistics and logs: "signaling.v1". Peers whose protocols have the same name speak one language
  /// (Reach::speakers). Never changes; any thread may ask.
  virtual std::string_view name() const noexcept = 0;
  /// How many bytes a message of this language may have, if its transport does not see to that; 0: it does. Default:
  /// Limits::max_message_bytes.
  virtual std::size_t max_message_bytes(const Limits& limits) const noexcept;
  /// Whether the encoder tells the client its resume secret with the welcome. If not, no id is kept for a client that has
  /// lost its connection, since it could not prove that the id is its own. Default: false.
  virtual bool tells_resume_secret() const noexcept;
  /// The peer is admitted as `id`: appends what it does before its first message. Default: nothing.
  virtual void open(std::string_view id, std::vector<Command>& commands);
  /// Appends what `message` asks for. Never throws on input: what cannot be understood becomes
  /// `command::Invalid`. The views in `commands` live as long as `message` and this object are left alone.
  virtual void decode(const MessageView& message, std::vector<Command>& commands) = 0;
  /// The same object for all peers that can share frames. Never null.
  virtual const std::shared_ptr<const Encoder>& encoder() const noexcept = 0;
};

}  // namespace signaling
