// Path 3/8: packets -> what a client does in its namespaces. Next: socketio/client_session.cpp
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/core/clock.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/socketio/packet.hpp"
#include "signaling/text/export.hpp"

namespace signaling::socketio {

/// Options of connections. 0 disables a limit.
struct SIGNALING_API ConnectionOptions {
  PacketLimits packets;  ///< the limits of each packet
  /// A client that is in no namespace by then, and waits for none, is closed. Default 45 s, as in the reference
  /// implementation.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(45);
  /// Namespaces of one connection. Default 32. Beyond it, the namespace is refused.
  std::size_t max_namespaces = 32;
  /// Bytes of all attachments of one packet. Default 4,000,000. Beyond it, the connection closes, `message_too_large`.
  std::size_t max_attachment_bytes = 4'000'000;
  /// Bytes that wait for undecided namespaces. Default 512 KiB. Beyond it, the connection closes, `overloaded`.
  std::size_t max_held_bytes = 512 * 1024;
};

/// Events of a connection. Lifetime: views and spans are valid until the next `poll_event`.
namespace connection_event {

/// The client requests a namespace: `accept` or `refuse` it, at once or later. Packets for it wait meanwhile.
struct SIGNALING_API NamespaceRequested {
  std::string_view nsp;  ///< its name
  /// A JSON object as text, or empty: the client's `auth`.
  std::string_view auth;
};

/// An event of the client.
struct SIGNALING_API EventReceived {
  std::string_view nsp;  ///< where it was sent
  PacketValues values;   ///< its name and arguments
  /// The client requests an acknowledgement: `encode_ack` with this id.
  std::optional<std::uint64_t> ack;
  /// Binary messages; placeholders in the arguments refer to them.
  std::span<const Frame> attachments;
};

/// The client acknowledges the event with this id. It is not checked that there was such an event.
struct SIGNALING_API AckReceived {
  std::string_view nsp;  ///< where it was sent
  std::uint64_t id = 0;  ///< what it acknowledges
  /// Without an event name.
  PacketValues values;
  std::span<const Frame> attachments;  ///< binary messages, as of events
};

/// A requested namespace has ended: exactly once for each, unless it was refused.
struct SIGNALING_API NamespaceClosed {
  std::string_view nsp;                      ///< its name
  CloseReason reason = CloseReason::normal;  ///< `normal`: the client left it
};

/// The connection has ended. Once, as the last event.
struct SIGNALING_API ConnectionClosed {
  CloseReason reason = CloseReason::normal;  ///< `normal`: the client closed it
};

}  // namespace connection_event

/// Any of these events.
using ConnectionEvent = std::variant<connection_event::NamespaceRequested, connection_event::EventReceived,
                                     connection_event::AckReceived, connection_event::NamespaceClosed,
                                     connection_event::ConnectionClosed>;

/// The server side of one Socket.IO client: its namespaces, over an Engine.IO session. Sans-I/O.
///
/// After each non-const call, the driver takes events until there are none, sends the frames of `take_output` over the
/// session, and closes the session if `poll_close` says so.
///
/// A protocol violation closes the connection: a packet that cannot be decoded, a CONNECT to a namespace that the
/// client is in, a packet for one that it is not in, a binary message that belongs to no packet, a text message in the
/// middle of attachments. A namespace that was refused, or closed from this side, stays known: packets that the client
/// sent before it could know are dropped, and it may request the namespace again.
///
/// Ownership: `options` must outlive the connection. The caller owns the bytes of a message, which must be valid until
/// `poll_event` has returned nothing.
/// Threads: one at a time.
/// Re-entrancy: makes no callbacks. Everything except `receive` and `poll_event` may be called while an event is
/// handled.
/// Errors: nothing a client sends throws. Calls for a namespace in the wrong state return false.
/// Complexity: namespaces are searched linearly, since they are few. The options bound the memory.
/// Source: Socket.IO protocol, 5th revision.
class SIGNALING_API Connection {
 public:
  /// The session has just been opened.
  Connection(const ConnectionOptions& options, TimePoint now);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Passes in one message of the session. The last call of `poll_event` must have returned nothing.
  void receive(const MessageView& message) noexcept;
  /// The session has ended: produces the last events.
  void receive_end(CloseReason reason);
  /// Call it at the time of `next_deadline`; earlier and later calls are harmless.
  void on_time(TimePoint now);
  /// The error in the packet that closed the connection; `none` if there was none.
  PacketError packet_error() const noexcept { return packet_error_; }
  /// Namespaces refused because of ConnectionOptions::max_namespaces.
  std::uint32_t refused_namespaces() const noexcept { return refused_namespaces_; }
  /// When to call `on_time`.
  std::optional<TimePoint> next_deadline() const noexcept { return connect_by_; }

  /// The next event; nothing: wait for more input.
  [[nodiscard]] std::optional<ConnectionEvent> poll_event();
  /// Appends the output, in order, up to the next answer to a CONNECT. True: there is such an answer. Send the rest
  /// some milliseconds later, or when the client has sent something: a client that takes one message per turn of its
  /// loop loses what it reads together with that answer.
  bool take_output(std::vector<Frame>& frames);
  /// There is output.
  bool has_output() const noexcept { return !output_.empty(); }
  /// The driver must close the session, after the output. True once.
  [[nodiscard]] std::optional<CloseReason> poll_close() noexcept;

  /// Accepts the client: sends it `sid`, its id there, and continues with the packets that waited.
  bool accept(std::string_view nsp, std::string_view sid);
  /// `message` for people; `data`: raw JSON, or empty.
  bool refuse(std::string_view nsp, std::string_view message, std::string_view data = {});
  /// The same with an encoded answer, as from `encode_connect` or `encode_connect_error`.
  bool accept_with(std::string_view nsp, Frame answer);
  /// A refusal that is already encoded.
  bool refuse_with(std::string_view nsp, Frame answer);
  /// Packets of a namespace that the client is in, each followed by its attachments.
  bool send(std::string_view nsp, std::span<const Frame> frames);
  /// Removes the client from one namespace, even an undecided one. The connection stays.
  bool disconnect(std::string_view nsp, CloseReason reason);
  /// Ends all namespaces, then the connection, after the output.
  void close(CloseReason reason);

 private:
  /// A packet that is kept, with its attachments.
  struct StoredPacket;
  enum class NamespaceState : std::uint8_t { requested, connected, gone };
  struct Namespace;
  struct Closing;
  struct Backlog;

  Namespace* find(std::string_view nsp) noexcept;
  Namespace* find(std::string_view nsp, NamespaceState state) noexcept;
  bool make_room();
  void close_all(CloseReason reason);
  void close_namespace(Namespace& entry, CloseReason reason);
  void leave_gone(Namespace& entry);

  Backlog& backlog();
  std::optional<ConnectionEvent> poll_closed();
  std::optional<ConnectionEvent> poll_held();
  std::optional<ConnectionEvent> handle_text(std::string_view text);
  bool decode(std::string_view text, Packet& packet);
  std::optional<ConnectionEvent> handle_binary(std::string_view bytes);
  std::optional<ConnectionEvent> handle_stored();
  std::optional<ConnectionEvent> handle_connect(const Packet& packet);
  std::optional<ConnectionEvent> handle_packet(const Packet& packet, std::span<const Frame> attachments,
                                               std::string_view text);
  void hold(Namespace& entry, std::string_view text, std::span<const Frame> attachments);

  const ConnectionOptions* options_;
  PacketDecoder decoder_;
  std::optional<MessageView> input_;
  std::vector<Frame> output_;
  std::vector<Namespace> namespaces_;
  /// Events that precede those of the input, if any.
  std::unique_ptr<Backlog> backlog_;
  std::size_t held_bytes_ = 0;
  /// A packet with missing attachments.
  std::unique_ptr<StoredPacket> incomplete_;
  /// The views of the last event point into it.
  std::unique_ptr<StoredPacket> current_;
  std::optional<TimePoint> connect_by_;
  /// Not yet returned.
  std::optional<CloseReason> close_;
  std::optional<CloseReason> end_;
  /// Nothing more is received or sent.
  bool closed_ = false;
  bool ended_ = false;
  PacketError packet_error_ = PacketError::none;
  std::uint32_t refused_namespaces_ = 0;
  /// Answers to a CONNECT among `output_`.
  std::uint32_t answers_ = 0;
};

}  // namespace signaling::socketio
