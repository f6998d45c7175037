#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/link.hpp"
#include "signaling/core/transport.hpp"
#include "signaling/socketio/connection.hpp"
#include "signaling/socketio/namespace.hpp"
#include "socketio/kept_events.hpp"

namespace signaling::socketio {

class ClientSession;
class ServedNamespace;
class SocketSession;

/// What a client is told whom middleware has not decided on.
inline constexpr std::string_view no_decision = "The server gave no answer";

/// One namespace of one client, as the router sees it: a transport of its own over the connection that all
/// share.
///
/// States: admitting (the router's first message answers the CONNECT) -> checking (middleware decides; what
/// the router writes waits) -> connected -> over. `refused` waits for the router's close. With connection state recovery:
/// connected -> away (its client has lost the connection, and the peer is suspended) -> asked (the client is back, and the
/// policy decides) -> connected, or away again.
/// Invariants: it has a client, except while it is away, and when it is over. While it is away or asked, events are kept for
/// the client, and everything else that the router writes is dropped, but for notes, which are read at all times.
/// Ownership: by its session, until `finish`; while it is away, by Recovery. Threads: the executor of its first session.
class NamespaceTransport final : public Transport, public std::enable_shared_from_this<NamespaceTransport> {
 public:
  NamespaceTransport(ClientSession& client, ServedNamespace& nsp);
  ~NamespaceTransport() override;

  /// First, once. `auth`: raw JSON, or empty.
  void connect(std::string_view auth);

  /// Not when it is over.
  boost::asio::any_io_executor executor() override;
  void write(std::span<const Frame> frames) override;
  void set_reading(bool reading) override;
  void close(CloseReason reason) override;

  std::string_view name() const noexcept;
  void receive(const connection_event::EventReceived& event);
  void receive(const connection_event::AckReceived& event);
  TimePoint next_deadline() const;
  void on_time(TimePoint now);
  /// So many bytes of what it has given to the connection have left.
  void written(std::size_t bytes);
  /// The client is not in the namespace any more. Once, last.
  void finish(CloseReason reason);

  // Connection state recovery.

  /// The client has lost its connection, and may come back. False: it may not, and `finish` is next.
  bool lose(CloseReason reason);
  /// How many events the client has received that shows this offset; empty: none. Nothing: the offset is not known here.
  std::optional<std::uint64_t> received_by(std::string_view offset) const noexcept;
  /// Its client is back while the old connection still looks alive: that is left. False: this is over, or about to be.
  bool leave_client();
  /// Its client is back and cannot go on.
  void give_up();
  /// Its client is back, and is in `client` from now on. While it is away.
  void go_on_with(ClientSession& client, std::string_view auth, std::uint64_t received);
  /// A ping leaves behind what has been written.
  void on_ping() noexcept;
  /// The client has answered it.
  void on_pong() noexcept;

  /// A middleware has decided.
  void go_on(std::size_t middleware);
  void refuse(std::size_t middleware, std::string_view message, std::string_view data);

 private:
  enum class State : std::uint8_t { admitting, checking, connected, away, asked, refused, over };
  /// What it takes to go on over another connection.
  struct Recoverable {
    std::string pid;
    boost::asio::any_io_executor executor;
    KeptEvents events;
    std::size_t in_flight = 0;        // bytes that the client's session has not reported as written
    std::uint64_t ahead_of_ping = 0;  // events that a pong confirms
    std::uint64_t lost_at = 0;        // events when the connection was lost
    std::uint64_t turn = 0;           // of being away
    // While it is asked:
    std::string auth;
    std::uint64_t received = 0;  // events that the client has
  };

  ConnectInfo connect_info(std::string_view auth) const;
  void answer(std::span<const Frame> frames);
  void call_middleware();
  void open(std::span<const Frame> frames);
  void deliver(std::span<const Frame> frames);
  void pass_on(std::span<const Frame> frames);
  void drop(std::span<const Frame> frames);
  std::size_t read_note(const Frame& frame);
  void leave(CloseReason reason);
  void accept();
  void count_sent(std::span<const Frame> frames);

  void enable_recovery();
  std::vector<Frame> keep(std::span<const Frame> frames);
  bool is_hopeless() const noexcept;
  /// It has no client any more.
  void part();
  /// Its client is back and was asked about, and cannot go on after all: it is new.
  void begin_again(CloseReason reason);
  void answered(const Decision& decision, std::uint64_t turn);

  ClientSession* client_;  // null: away, or over
  ServedNamespace& nsp_;
  Link link_;
  /// Null: the namespace serves a vocabulary.
  std::shared_ptr<SocketSession> socket_;
  /// Null: the client cannot come back.
  std::unique_ptr<Recoverable> recovery_;
  /// What waits for the middleware, the answer to the CONNECT first.
  std::vector<Frame> held_;
  std::size_t middleware_ = 0;
  /// While it is checking: then the client is refused.
  TimePoint decide_by_ = TimePoint::max();
  State state_ = State::admitting;
  bool is_reading_ = true;
};

/// Made for each call of a middleware.
class Next::Decision {
 public:
  Decision(const std::shared_ptr<NamespaceTransport>& transport, std::size_t middleware);
  Decision(const Decision&) = delete;
  Decision& operator=(const Decision&) = delete;
  ~Decision();

  void go_on();
  void refuse(std::string_view message, std::string_view data);

 private:
  const std::weak_ptr<NamespaceTransport> transport_;
  const boost::asio::any_io_executor executor_;
  const std::size_t middleware_;
  std::atomic<bool> made_{false};
};

}  // namespace signaling::socketio
