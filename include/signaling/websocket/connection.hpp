// Path 2/8: bytes -> frames -> messages. Next: net/websocket_session.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/websocket/close_code.hpp"
#include "signaling/websocket/deflate.hpp"
#include "signaling/websocket/frame.hpp"

namespace signaling::websocket {

/// Which end of a connection this is.
enum class Role : std::uint8_t { server, client };

/// The bounds and settings of one connection; fixed when it is made.
struct SIGNALING_API ConnectionOptions {
  /// Bytes of one message, reassembled and decompressed. Default 256 KiB; 0: no bound. A message that
  /// announces more ends the connection with 1009 before it is buffered, a compressed one when its output
  /// reaches the bound.
  std::size_t max_message_bytes = 256 * 1024;
  /// Frames of one message, empty ones included. Default 4096; 0: no bound. Over it: 1008.
  std::uint32_t max_fragments = 4096;
  /// Absent (default): not compressed. Otherwise what the handshake agreed on.
  std::optional<DeflateParameters> deflate;
  /// Outgoing messages below this many bytes are not compressed. Default 256.
  std::uint32_t compress_from_bytes = 256;
  /// The Close frame after a ProtocolError says in words which rule was broken. Default true; the code says it either
  /// way.
  bool error_reasons = true;
  /// Where masking keys come from: a client must have one, and it must be unpredictable (RFC 6455 10.3); a
  /// server needs none. Must outlive the connection.
  Random* random = nullptr;
};

/// A whole data message; text is valid UTF-8.
struct SIGNALING_API Message {
  MessageKind kind = MessageKind::text;  ///< text or binary
  std::span<const std::byte> payload;    ///< the whole message
};

/// Answered already: the Pong is in the output. Pongs leave in the order of their pings among the messages if `output`
/// is written before each Message is handled.
struct SIGNALING_API Ping {
  std::span<const std::byte> payload;  ///< up to 125 bytes
};

/// The peer answers a ping, or just says so.
struct SIGNALING_API Pong {
  std::span<const std::byte> payload;  ///< what the ping held
};

/// Which end began to close.
enum class CloseInitiator : std::uint8_t { local, peer };

/// The connection is over: both ends agreed, or the transport ended. Last event.
struct SIGNALING_API Closed {
  /// What the peer's Close frame said: `no_status` if nothing, `abnormal` if there was no such frame.
  CloseCode code = CloseCode::no_status;
  /// Valid UTF-8, up to 123 bytes. Text from the peer.
  std::string_view reason;
  /// Who sent a Close frame first.
  CloseInitiator initiator = CloseInitiator::peer;
  /// Both ends sent a Close frame.
  bool clean = false;
};

/// The peer broke a rule. Last event. The Close frame that says so is in the output, if none was sent before.
struct SIGNALING_API ProtocolError {
  /// 1002, 1007, 1008 or 1009.
  CloseCode code = CloseCode::protocol_error;
  /// Static text, nothing of the peer's.
  std::string_view what;
};

/// What happens on a connection.
using Event = std::variant<Message, Ping, Pong, Closed, ProtocolError>;

/// How far a connection is.
enum class ConnectionState : std::uint8_t {
  open,
  closing,  ///< close() was called; the peer's Close frame is awaited, what comes before it is dropped
  closed,   ///< the last event was given; write the output, then close the transport
};

class SIGNALING_API DeflateCodec;
enum class InflateStatus : std::uint8_t;
struct SIGNALING_API Assembly;
struct SIGNALING_API ControlFrame;

/// One end of a WebSocket connection after its handshake: bytes in, events out; control frames out. Sans-I/O:
/// the caller reads and writes, and keeps the time.
///
/// After each read: `receive(bytes)`, then `poll_event()` until it returns nothing, then write `output()`; and once
/// before each Message that is answered, so that the answers to pings stay in their place.
///
/// Ownership: the bytes passed to `receive` stay the caller's and must live until `poll_event` has returned
/// nothing; they are unmasked in place. A whole message inside them is given as a view into them, without a
/// copy; an incomplete one is kept in a buffer that is freed when the message was delivered. The views of an
/// event live until the next call of `poll_event` or `receive`. A connection between messages holds no heap
/// memory, except for the state of its compression.
/// Threads: none of its own; one at a time.
/// Re-entrancy: calls nobody back. While an event is handled, everything but `receive` may be called.
/// Errors: nothing a peer sends throws; it ends in ProtocolError. std::bad_alloc leaves the connection
/// unusable. A client without a source of masking keys: std::invalid_argument from the constructor.
/// Complexity: linear in the bytes received; the memory is bounded by twice `max_message_bytes`.
/// Source: RFC 6455, RFC 7692.
class SIGNALING_API Connection {
 public:
  /// A connection whose handshake is done.
  explicit Connection(Role role, const ConnectionOptions& options = {});
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  /// Bytes of the peer, in the order of the wire. The last call of `poll_event` must have returned nothing.
  void receive(std::span<std::byte> bytes) noexcept;
  /// For a caller that wants no more events for now: the rest of what it passed to `receive`, to be passed again later. It
  /// was not looked at. Nothing is left here.
  [[nodiscard]] std::span<std::byte> take_unread() noexcept;
  /// The peer has closed its end of the transport: gives Closed, not clean, unless the last event was given
  /// already.
  void receive_end() noexcept;
  /// The next event, or nothing until more was received.
  [[nodiscard]] std::optional<Event> poll_event();

  /// Control frames to write, between two messages: Pong, Ping and Close. Bounded: of 32 unsent Pongs the last is
  /// replaced by a later one (RFC 6455 5.5.3). Call again after `consume_output` until it is empty. The view lives
  /// until the next call that is not const.
  std::span<const std::byte> output() const noexcept;
  /// That many bytes of `output` were written.
  void consume_output(std::size_t bytes) noexcept;

  /// Appends one message as a frame, compressed and masked as this connection must. False: it is closing,
  /// nothing was appended. A server that does not compress need not call it: `signaling::Frame::wire()` is
  /// the same bytes. With compression, the messages of one connection must be written in the order in which
  /// they were encoded.
  bool encode_message(MessageKind kind, std::span<const std::byte> payload, std::vector<std::byte>& out);
  /// True if messages must go through encode_message(): this end masks, or it may compress.
  bool encodes() const noexcept;
  /// True if permessage-deflate was negotiated.
  bool compresses() const noexcept { return deflate_ != nullptr; }
  /// True if encode_message() compresses a message of so many bytes.
  bool compresses(std::size_t message_bytes) const noexcept {
    return deflate_ != nullptr && message_bytes >= compress_from_bytes_;
  }
  /// The window of the messages that this end compresses, if it neither masks nor remembers them: all connections with
  /// the same window encode a message to the same bytes, which need to be made only once. 0: its bytes are its own.
  int shared_window_bits() const noexcept;

  /// Puts a Ping into the output, in place of an unsent one. At most 125 bytes; the rest is cut off.
  void ping(std::span<const std::byte> payload = {});
  /// Puts a Close frame into the output and waits for the peer's. A code that may not be sent means a frame
  /// without one; a reason over 123 bytes is cut at a character. Not the first call: does nothing.
  void close(CloseCode code = CloseCode::normal, std::string_view reason = {});

  /// How far it is.
  ConnectionState state() const noexcept { return state_; }
  /// A message has begun to arrive and is not whole. (A message that is there with its header at once never is.)
  bool in_message() const noexcept;

 private:
  bool is_server() const noexcept { return role_ == Role::server; }

  // Receiving (connection.cpp).
  void release() noexcept;
  std::optional<Event> begin_frame();
  std::optional<Event> continue_frame();
  std::optional<ProtocolError> check(const DecodedHeader& decoded) const noexcept;
  std::optional<ProtocolError> check_data(const FrameHeader& header) const noexcept;
  void open_frame(const FrameHeader& header);
  std::optional<Event> continue_payload();
  std::optional<ProtocolError> append(std::span<const std::byte> piece);
  std::optional<ProtocolError> check_added(std::size_t before, InflateStatus status);
  std::optional<Event> end_message();
  std::optional<Event> handle_whole(const FrameHeader& header, std::span<const std::byte> payload);
  std::optional<Event> handle_control(Opcode opcode, std::span<const std::byte> payload);
  Event handle_close(std::span<const std::byte> payload);
  Event fail(const ProtocolError& error);

  // Sending (connection_output.cpp).
  void queue(Opcode opcode, std::span<const std::byte> payload);
  void queue_close(CloseCode code, std::string_view reason);
  MaskingKey next_key();

  std::span<std::byte> input_;
  std::unique_ptr<Assembly> assembly_;
  std::unique_ptr<DeflateCodec> deflate_;
  std::vector<ControlFrame> output_;
  Random* random_;
  std::size_t max_message_bytes_;
  std::uint32_t max_fragments_;
  std::uint32_t compress_from_bytes_;
  Role role_;
  ConnectionState state_ = ConnectionState::open;
  bool ended_ = false;
  bool error_reasons_;
};

}  // namespace signaling::websocket
