#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "signaling/core/link.hpp"
#include "signaling/core/transport.hpp"
#include "signaling/socketio/connection.hpp"
#include "signaling/socketio/namespace.hpp"

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
/// the router writes waits) -> connected -> over. `refused` waits for the router's close.
/// Ownership: by its session, until `finish`. Threads: the session's executor.
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
  void written(std::size_t bytes) { link_.written(bytes); }
  /// The client is not in the namespace any more. Once, last.
  void finish(CloseReason reason);

  /// A middleware has decided.
  void go_on(std::size_t middleware);
  void refuse(std::size_t middleware, std::string_view message, std::string_view data);

 private:
  enum class State : std::uint8_t { admitting, checking, connected, refused, over };

  ConnectInfo connect_info(std::string_view auth) const;
  void answer(std::span<const Frame> frames);
  void call_middleware();
  void open(std::span<const Frame> frames);
  void deliver(std::span<const Frame> frames);
  void pass_on(std::span<const Frame> frames);
  void drop(std::span<const Frame> frames);
  std::size_t read_note(const Frame& frame);
  void leave(CloseReason reason);

  ClientSession* client_;  // null: over
  ServedNamespace& nsp_;
  Link link_;
  /// Null: the namespace serves a vocabulary.
  std::shared_ptr<SocketSession> socket_;
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
