// Path 3/8: packets of one session, whichever way they come. Next: net/engine_driver.cpp
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "signaling/core/clock.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/socketio/engine_error.hpp"
#include "signaling/socketio/engine_packet.hpp"
#include "signaling/text/export.hpp"

namespace signaling::socketio {

/// Whether a session that began with polling may upgrade to a WebSocket.
enum class Upgrades : std::uint8_t { allowed, refused };

/// Options of sessions. Clients get the first two and `max_payload_bytes`.
struct SIGNALING_API EngineOptions {
  /// Time from the last pong, or the beginning, to the next ping. Default 25 s, must be positive. Cost: one packet each
  /// way.
  std::chrono::milliseconds ping_interval = std::chrono::seconds(25);
  /// Time for a pong; a later one ends the session, whatever other packets arrive. Default 20 s, must be positive.
  std::chrono::milliseconds ping_timeout = std::chrono::seconds(20);
  /// Time from the opening of a second transport to its `upgrade` packet; afterwards, only that WebSocket is closed.
  /// Default 10 s; 0: no limit.
  std::chrono::milliseconds upgrade_timeout = std::chrono::seconds(10);
  /// How long a closing session waits for the poll that takes the remaining packets. Default 5 s; 0: not at all.
  std::chrono::milliseconds close_timeout = std::chrono::seconds(5);
  /// Bytes of a POST body and of a WebSocket message. Default 1,000,000; 0: no limit, and clients get 0. A larger body
  /// is refused, a larger message ends the session. The driver should stop reading at this size.
  std::size_t max_payload_bytes = 1'000'000;
  /// Packets in one POST body. Default 4096; 0: no limit. Beyond it, the session ends.
  std::size_t max_payload_packets = 4096;
  /// Bytes of packets that wait for a poll. Default 16 MiB; 0: no limit. Beyond it, the session ends, `slow_consumer`.
  /// A single larger packet is allowed. The limits of each peer detect a slow reader much earlier, unless a session has
  /// many peers.
  std::size_t max_buffered_bytes = std::size_t{16} * 1024 * 1024;
  Upgrades upgrades = Upgrades::allowed;  ///< from polling to a WebSocket
};

/// Numbers that the driver assigns to HTTP requests and to WebSockets, each used once per session.
using RequestId = std::uint64_t;
/// The number of a WebSocket, like RequestId.
using SocketId = std::uint64_t;

/// Actions for the driver, in this order.
namespace engine_action {

/// Answer a GET: 200, `text/plain; charset=UTF-8`.
struct SIGNALING_API AnswerGet {
  RequestId request = 0;  ///< which one
  std::string payload;    ///< the body
};

/// Answer a POST: 200, "ok".
struct SIGNALING_API AnswerPost {
  RequestId request = 0;  ///< which one
};

/// Answer a GET or a POST with `answer_for(error)`.
struct SIGNALING_API Refuse {
  RequestId request = 0;                         ///< which one
  EngineError error = EngineError::bad_request;  ///< why
};

/// Where a message goes among those that wait for the socket.
enum class WriteOrder : std::uint8_t {
  in_turn,
  first,  ///< a ping: a client on a slow line must not wait for it until it has read all the others
};

/// Send one message on a WebSocket.
struct SIGNALING_API WriteFrame {
  SocketId socket = 0;                     ///< which one
  Frame frame;                             ///< the message
  WriteOrder order = WriteOrder::in_turn;  ///< a driver may write all in turn
};

/// Close a WebSocket, after what was written to it.
struct SIGNALING_API CloseWebSocket {
  SocketId socket = 0;                       ///< which one
  CloseReason reason = CloseReason::normal;  ///< for the close code
};

}  // namespace engine_action

/// Any of these actions.
using EngineAction = std::variant<engine_action::AnswerGet, engine_action::AnswerPost, engine_action::Refuse,
                                  engine_action::WriteFrame, engine_action::CloseWebSocket>;

namespace engine_event {

/// The client sent a message packet. Text is valid UTF-8.
struct SIGNALING_API Message {
  MessageView message;  ///< without the packet type
};

/// The session has ended. Once, as the last event.
struct SIGNALING_API Closed {
  CloseReason reason = CloseReason::normal;  ///< `normal`: the client closed it
};

}  // namespace engine_event

/// Any of these events.
using EngineEvent = std::variant<engine_event::Message, engine_event::Closed>;

/// The state of a session.
enum class EngineState : std::uint8_t {
  opening,  ///< the GET or WebSocket that opens it has not been passed in yet
  open,
  closing,  ///< polls take the remaining packets, and then the end. Packets of the client are dropped
  closed,   ///< nothing is kept; further input is refused
};

/// The transport of a session.
enum class EngineTransport : std::uint8_t { polling, websocket };

/// The server side of one Engine.IO session: turns HTTP requests and WebSocket messages into messages, and back.
/// Sans-I/O: a driver owns the sockets and the clock.
///
/// The first input is the one that opened the session: a GET (polling) or a WebSocket. After every non-const call, the
/// driver takes events until there are none, then actions until there are none, then checks `next_deadline`.
/// docs/socketio.md describes the states.
///
/// Ownership: `options` must outlive the session. The caller owns the bytes of a WebSocket message, which must be valid
/// until `poll_event` has returned nothing; the session takes those of a body. The view of an event is valid until the
/// next `poll_event`.
/// Threads: one at a time.
/// Re-entrancy: makes no callbacks. `send`, `close` and all functions that report the end of a request or of a
/// WebSocket may be called while an event or an action is handled.
/// Errors: nothing a client sends throws; it is refused, ends a WebSocket, or ends the session.
/// Complexity: linear in the bytes; the options bound the memory. An idle session on a WebSocket holds only its sid.
/// Source: Engine.IO protocol, 4th revision.
class SIGNALING_API EngineSession {
 public:
  /// `sid` must be unguessable: anyone who knows it can act as the client.
  EngineSession(std::string sid, const EngineOptions& options);
  EngineSession(const EngineSession&) = delete;
  EngineSession& operator=(const EngineSession&) = delete;

  /// A poll has arrived. The session answers when it has output.
  void on_get(RequestId request, TimePoint now);
  /// The client gave up an unanswered poll: it has disconnected.
  void on_get_aborted(RequestId request);
  /// The content of an AnswerGet did not reach the client: the session ends.
  void on_answer_lost();
  /// The head of a POST has arrived. A driver that only sees whole requests need not call this.
  void on_post_started(RequestId request);
  /// A POST is complete. The session answers when its packets are read.
  void on_post(RequestId request, std::string body, TimePoint now);
  /// A POST that has begun will never be complete.
  void on_post_aborted(RequestId request);
  /// A WebSocket has arrived for this session: its only transport, or a candidate for the upgrade.
  void on_websocket_open(SocketId socket, TimePoint now);
  /// A WebSocket message is complete.
  void on_websocket_message(SocketId socket, const MessageView& message, TimePoint now);
  /// A WebSocket has ended; if it was the session's transport, the session ends too.
  void on_websocket_closed(SocketId socket, CloseReason reason);
  /// Whether to delay the rest of a POST. Its answer is delayed too, and so is the end of a client whose pong is late.
  /// The driver must not read from the WebSocket meanwhile.
  void hold_input(bool held) noexcept { holds_input_ = held; }
  /// Call it at the time of `next_deadline`; other calls are harmless.
  void on_time(TimePoint now);

  /// Sends a whole text packet, its `4` included, or a binary message. Does nothing unless the session is open.
  void send(Frame packet);
  /// Ends the session after everything that was sent: on polling, the next GET gets the `1`. Does nothing unless it is
  /// open.
  void close(CloseReason reason, TimePoint now);

  /// The next event; nothing: wait for more input.
  [[nodiscard]] std::optional<EngineEvent> poll_event();
  /// The next action; nothing: none for now.
  [[nodiscard]] std::optional<EngineAction> poll_action();
  /// When to call `on_time`. Every non-const call may change it.
  std::optional<TimePoint> next_deadline() const noexcept;

  /// The session's id.
  const std::string& sid() const noexcept { return sid_; }
  /// The state of the session.
  EngineState state() const noexcept { return state_; }
  /// The present transport.
  EngineTransport transport() const noexcept {
    return socket_ ? EngineTransport::websocket : EngineTransport::polling;
  }
  /// Is this WebSocket the present transport?
  bool is_transport(SocketId socket) const noexcept { return socket_ == socket; }
  /// Bytes of packets that wait for a poll.
  std::size_t buffered_bytes() const noexcept { return buffered_bytes_; }
  /// A ping was sent, and the client has not answered it.
  bool awaits_pong() const noexcept { return awaits_pong_; }
  /// The latest time that was passed in.
  TimePoint now() const noexcept { return now_; }

 private:
  /// A WebSocket that may become the session's transport.
  struct Candidate {
    SocketId socket = 0;
    TimePoint deadline{};
    bool probed = false;
  };
  struct Body {
    explicit Body(std::string bytes) : text(std::move(bytes)), reader(text) {}

    std::string text;
    PayloadReader reader;
  };

  // engine_session.cpp
  bool is_live() const noexcept { return state_ == EngineState::open || state_ == EngineState::closing; }
  void open(TimePoint now);
  Frame handshake() const;
  bool refuses_polling(RequestId request);
  std::optional<EngineEvent> read_packet();
  std::optional<EngineEvent> read_base64(std::string_view text);
  std::optional<EngineEvent> handle_packet(const EnginePacket& packet);
  void handle_pong() noexcept;
  void handle_close();
  void end_closing();
  void end_input();
  void fail();
  void finish(CloseReason reason, std::string_view last_packet);
  void end_post();

  // engine_upgrade.cpp
  void handle_probe(const MessageView& message);
  void complete_upgrade();
  void drop_candidate(CloseReason reason);

  // engine_output.cpp
  void ping();
  void answer_get(std::string_view last_packet);
  void act(EngineAction action);
  void write(SocketId socket, Frame frame);
  void refuse(RequestId request, EngineError error);
  void close_websocket(SocketId socket, CloseReason reason);

  const EngineOptions* options_;
  std::string sid_;
  TimePoint now_{};
  /// The next ping, or, while a pong is awaited, the end.
  TimePoint heartbeat_at_{};
  TimePoint close_by_{};
  std::optional<RequestId> get_;
  std::optional<RequestId> post_;
  std::optional<SocketId> socket_;
  std::unique_ptr<Candidate> candidate_;

  /// What `post_` brought, while it is being read; then `post_` is answered.
  std::unique_ptr<Body> body_;
  std::optional<MessageView> message_;
  /// What came over a WebSocket as base64, for the event that was made of it.
  std::unique_ptr<std::string> decoded_;

  std::vector<Frame> buffer_;
  std::size_t buffered_bytes_ = 0;
  std::vector<EngineAction> actions_;
  std::size_t next_action_ = 0;

  EngineState state_ = EngineState::opening;
  CloseReason reason_ = CloseReason::normal;
  bool awaits_pong_ = false;
  bool end_untold_ = false;
  bool client_closes_ = false;
  bool holds_input_ = false;
};

}  // namespace signaling::socketio
