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
#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/socketio/packet.hpp"

namespace signaling::socketio {

/// Settings of connections. 0 switches a bound off.
struct SIGNALING_API ConnectionOptions {
  PacketLimits packets;  ///< the bounds of each packet
  /// A client that is in no namespace by then, and waits for none, is closed. Default 45 s, as in the reference
  /// implementation.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(45);
  /// Namespaces of one connection. Default 32. Over it: the namespace is refused.
  std::size_t max_namespaces = 32;
  /// Bytes of all attachments of one packet. Default 4,000,000. Over it: the connection closes, `message_too_large`.
  std::size_t max_attachment_bytes = 4'000'000;
  /// Bytes that wait for namespaces that are not decided on. Default 512 KiB. Over it: the connection closes,
  /// `overloaded`.
  std::size_t max_held_bytes = 512 * 1024;
};

/// What happens on a connection. Lifetime: views and spans live until the next `poll_event`.
namespace connection_event {

/// The client asks for a namespace: `accept` or `refuse` it, now or later. What the client sends there meanwhile waits.
struct SIGNALING_API NamespaceRequested {
  std::string_view nsp;  ///< its name
  /// A JSON object as text, or empty: the client's `auth`.
  std::string_view auth;
};

/// An event of the client.
struct SIGNALING_API EventReceived {
  std::string_view nsp;  ///< where it was sent
  PacketValues values;   ///< its name and arguments
  /// The client wants an acknowledgement: `encode_ack` with this id.
  std::optional<std::uint64_t> ack;
  /// Binary messages; placeholders in the arguments tell where they belong.
  std::span<const Frame> attachments;
};

/// The client acknowledges an event that had this id. Nobody has checked that there was such an event.
struct SIGNALING_API AckReceived {
  std::string_view nsp;  ///< where it was sent
  std::uint64_t id = 0;  ///< what it acknowledges
  /// Without a name.
  PacketValues values;
  std::span<const Frame> attachments;  ///< binary messages, as of events
};

/// A namespace that was requested is over: exactly once for each, unless it was refused.
struct SIGNALING_API NamespaceClosed {
  std::string_view nsp;                      ///< its name
  CloseReason reason = CloseReason::normal;  ///< `normal`: the client left it
};

/// The connection is over. Once, and last.
struct SIGNALING_API ConnectionClosed {
  CloseReason reason = CloseReason::normal;  ///< `normal`: the client closed it
};

}  // namespace connection_event

/// Any of these events.
using ConnectionEvent = std::variant<connection_event::NamespaceRequested, connection_event::EventReceived,
                                     connection_event::AckReceived, connection_event::NamespaceClosed,
                                     connection_event::ConnectionClosed>;

/// One Socket.IO client on the server's side: its namespaces, over an Engine.IO session. Sans-I/O.
///
/// After each call that is not const, the driver takes events until there are none, sends what `take_output` gives over the
/// session, and closes the session if `poll_close` says so.
///
/// Whatever is against the protocol closes the connection: a packet that cannot be decoded, a CONNECT to a namespace that
/// the client is in, a packet for one that it is not in, a binary message that belongs to no packet, a text message in the
/// middle of attachments. A namespace that was refused, or closed from this side, stays known: what the client had sent
/// before it could know is dropped, and it may ask again.
///
/// Ownership: `options` must outlive the connection. The bytes of a message stay the caller's and must live until
/// `poll_event` has returned nothing.
/// Threads: none of its own; one at a time.
/// Re-entrancy: calls nobody back. Everything but `receive` and `poll_event` may be called while an event is handled.
/// Errors: nothing a client sends throws. Calls for a namespace that is not in the right state return false.
/// Complexity: namespaces are searched one by one, there are few. Memory is bounded by the options.
/// Source: Socket.IO protocol, 5th revision.
class SIGNALING_API Connection {
 public:
  /// The session has just been opened.
  Connection(const ConnectionOptions& options, TimePoint now);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// One message of the session. The last call of `poll_event` must have returned nothing.
  void receive(const MessageView& message) noexcept;
  /// The session is over: gives the last events.
  void receive_end(CloseReason reason);
  /// The time has come that `next_deadline` said, or later; also at other times.
  void on_time(TimePoint now);
  /// What was wrong with the packet that closed the connection; `none` if it was none.
  PacketError packet_error() const noexcept { return packet_error_; }
  /// Namespaces that were refused because of ConnectionOptions::max_namespaces.
  std::uint32_t refused_namespaces() const noexcept { return refused_namespaces_; }
  /// When to call `on_time`.
  std::optional<TimePoint> next_deadline() const noexcept { return connect_by_; }

  /// What happened next; nothing: wait for more.
  [[nodiscard]] std::optional<ConnectionEvent> poll_event();
  /// Appends what is to be sent, in order, up to the next answer to a CONNECT. True: there is such an answer. What follows
  /// it is best sent some milliseconds later, or when the client has sent something: one that takes one message per turn of
  /// its loop loses what it reads together with that answer.
  bool take_output(std::vector<Frame>& frames);
  /// There is something to be sent.
  bool has_output() const noexcept { return !output_.empty(); }
  /// The session is to be closed, after the output. Once.
  [[nodiscard]] std::optional<CloseReason> poll_close() noexcept;

  /// The client is in: tells it `sid`, its id there, and goes on with what it has sent meanwhile.
  bool accept(std::string_view nsp, std::string_view sid);
  /// `message` for people; `data`: raw JSON, or empty.
  bool refuse(std::string_view nsp, std::string_view message, std::string_view data = {});
  /// The same with an answer that is encoded already, as `encode_connect` or `encode_connect_error` would.
  bool accept_with(std::string_view nsp, Frame answer);
  /// A refusal that is encoded already.
  bool refuse_with(std::string_view nsp, Frame answer);
  /// Packets of a namespace that the client is in, each with its attachments behind it.
  bool send(std::string_view nsp, std::span<const Frame> frames);
  /// Removes the client from one namespace, also while it is not decided on. The connection stays.
  bool disconnect(std::string_view nsp, CloseReason reason);
  /// Ends all namespaces, then the connection, after what was sent.
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
  /// What is to be told before the input, if there is any.
  std::unique_ptr<Backlog> backlog_;
  std::size_t held_bytes_ = 0;
  /// A packet whose attachments are not all here.
  std::unique_ptr<StoredPacket> incomplete_;
  /// What the views of the event that was given last point into.
  std::unique_ptr<StoredPacket> current_;
  std::optional<TimePoint> connect_by_;
  /// Not told yet.
  std::optional<CloseReason> close_;
  std::optional<CloseReason> end_;
  /// Nothing is received and sent any more.
  bool closed_ = false;
  bool ended_ = false;
  PacketError packet_error_ = PacketError::none;
  std::uint32_t refused_namespaces_ = 0;
  /// Answers to a CONNECT among `output_`.
  std::uint32_t answers_ = 0;
};

}  // namespace signaling::socketio
