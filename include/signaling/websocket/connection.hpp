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

#include "signaling/core/frame.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/text/export.hpp"
#include "signaling/websocket/close_code.hpp"
#include "signaling/websocket/deflate.hpp"
#include "signaling/websocket/frame.hpp"

namespace signaling::websocket {

/// Which end of a connection this is.
enum class Role : std::uint8_t { server, client };

/// Limits and options of one connection, fixed when it is constructed.
struct SIGNALING_API ConnectionOptions {
  /// Bytes of one message, reassembled and decompressed. Default 256 KiB; 0: no limit. A message that announces more
  /// ends the connection with 1009 before it is buffered; a compressed one does when its output reaches the limit.
  std::size_t max_message_bytes = 256 * 1024;
  /// Frames of one message, including empty ones. Default 4096; 0: no limit. Beyond it: 1008.
  std::uint32_t max_fragments = 4096;
  /// Absent (default): not compressed. Otherwise the parameters that the handshake negotiated.
  std::optional<DeflateParameters> deflate;
  /// Outgoing messages below this many bytes are not compressed. Default 256.
  std::uint32_t compress_from_bytes = 256;
  /// Whether the Close frame after a ProtocolError names the violated rule in its reason. Default true; the code is the
  /// same either way.
  bool error_reasons = true;
  /// The source of masking keys: a client needs one, and it must be unpredictable (RFC 6455 10.3); a server needs none.
  /// Must outlive the connection.
  Random* random = nullptr;
};

/// A whole data message; text is valid UTF-8.
struct SIGNALING_API Message {
  MessageKind kind = MessageKind::text;  ///< text or binary
  std::span<const std::byte> payload;    ///< the whole message
};

/// A ping, which is already answered: the Pong is in the output. Pongs leave in the order of their pings among the
/// messages if `output` is written before each Message is handled.
struct SIGNALING_API Ping {
  std::span<const std::byte> payload;  ///< up to 125 bytes
};

/// The peer answers a ping, or sends an unsolicited pong.
struct SIGNALING_API Pong {
  std::span<const std::byte> payload;  ///< the payload of the ping
};

/// The end that began to close.
enum class CloseInitiator : std::uint8_t { local, peer };

/// The connection has ended: both ends agreed, or the transport ended. Last event.
struct SIGNALING_API Closed {
  /// The code of the peer's Close frame: `no_status` if it had none, `abnormal` if there was no such frame.
  CloseCode code = CloseCode::no_status;
  /// Valid UTF-8, up to 123 bytes. Text from the peer.
  std::string_view reason;
  /// The end that sent a Close frame first.
  CloseInitiator initiator = CloseInitiator::peer;
  /// Both ends sent a Close frame.
  bool clean = false;
};

/// The peer violated a rule. Last event. The Close frame that reports it is in the output, if none was sent before.
struct SIGNALING_API ProtocolError {
  /// 1002, 1007, 1008 or 1009.
  CloseCode code = CloseCode::protocol_error;
  /// Static text, which contains nothing from the peer.
  std::string_view what;
};

/// Events of a connection.
using Event = std::variant<Message, Ping, Pong, Closed, ProtocolError>;

/// The state of a connection.
enum class ConnectionState : std::uint8_t {
  open,
  closing,  ///< close() was called; the connection waits for the peer's Close frame and drops earlier messages
  closed,   ///< the last event was returned; write the output, then close the transport
};

class SIGNALING_API DeflateCodec;
enum class InflateStatus : std::uint8_t;
struct SIGNALING_API Assembly;
struct SIGNALING_API ControlFrame;

/// One end of a WebSocket connection after its handshake: bytes in, events out; control frames out. Sans-I/O: the
/// caller reads and writes, and owns the clock.
///
/// After each read, call `receive(bytes)`, then `poll_event()` until it returns nothing, then write `output()`. Write
/// it also before each Message that is answered, so that the answers to pings keep their order.
///
/// Ownership: the caller owns the bytes passed to `receive`, which must be valid until `poll_event` has returned
/// nothing; they are unmasked in place. A whole message inside them is returned as a view into them, without a copy; an
/// incomplete one is kept in a buffer that is freed when the message was delivered. The views of an event are valid
/// until the next call of `poll_event` or `receive`. A connection between messages holds no heap memory, except for its
/// compression state.
/// Threads: one at a time.
/// Re-entrancy: makes no callbacks. While an event is handled, everything except `receive` may be called.
/// Errors: nothing a peer sends throws; it results in ProtocolError. After std::bad_alloc the connection is unusable. A
/// client without a source of masking keys: std::invalid_argument from the constructor.
/// Complexity: linear in the received bytes; twice `max_message_bytes` bounds the memory.
/// Source: RFC 6455, RFC 7692.
class SIGNALING_API Connection {
 public:
  /// A connection after its handshake.
  explicit Connection(Role role, const ConnectionOptions& options = {});
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  /// Passes in bytes from the peer, in wire order. The last call of `poll_event` must have returned nothing.
  void receive(std::span<std::byte> bytes) noexcept;
  /// For a caller that wants no more events for now: returns the unread rest of the bytes passed to `receive`, to be
  /// passed again later, and keeps none of it.
  [[nodiscard]] std::span<std::byte> take_unread() noexcept;
  /// The peer has closed its end of the transport: produces Closed, not clean, unless the last event was already
  /// returned.
  void receive_end() noexcept;
  /// The next event; nothing: pass in more bytes.
  [[nodiscard]] std::optional<Event> poll_event();

  /// Control frames to write, between two messages: Pong, Ping and Close. Bounded: the last of 32 unsent Pongs is
  /// replaced by a later one (RFC 6455 5.5.3). Call it again after `consume_output` until it is empty. The view is
  /// valid until the next non-const call.
  std::span<const std::byte> output() const noexcept;
  /// Reports that this many bytes of `output` were written.
  void consume_output(std::size_t bytes) noexcept;

  /// Appends one message as a frame, compressed and masked as this connection requires. False: it is closing, nothing
  /// was appended. A server that does not compress need not call it: `signaling::Frame::wire()` is the same bytes. With
  /// compression, the messages of one connection must be written in the order in which they were encoded.
  bool encode_message(MessageKind kind, std::span<const std::byte> payload, std::vector<std::byte>& out);
  /// True if messages must go through encode_message(): this end masks, or it may compress.
  bool encodes() const noexcept;
  /// True if permessage-deflate was negotiated.
  bool compresses() const noexcept { return deflate_ != nullptr; }
  /// True if encode_message() compresses a message of this many bytes.
  bool compresses(std::size_t message_bytes) const noexcept {
    return deflate_ != nullptr && message_bytes >= compress_from_bytes_;
  }
  /// The window of the messages that this end compresses, if it neither masks nor keeps a context: all connections with
  /// the same window encode a message to the same bytes, which need to be made only once. 0: the bytes are specific to
  /// this connection.
  int shared_window_bits() const noexcept;

  /// Puts a Ping into the output; it replaces an unsent one. At most 125 bytes; the rest is cut off.
  void ping(std::span<const std::byte> payload = {});
  /// Puts a Close frame into the output and waits for the peer's. For a code that must not be sent, the frame has no
  /// code; a reason over 123 bytes is cut at a character boundary. A second call does nothing.
  void close(CloseCode code = CloseCode::normal, std::string_view reason = {});

  /// The state of the connection.
  ConnectionState state() const noexcept { return state_; }
  /// A message has begun to arrive and is incomplete. (A message that arrives together with its header never is.)
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
