#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "signaling/core/policy.hpp"
#include "signaling/core/router.hpp"
#include "signaling/socketio/connection.hpp"
#include "signaling/socketio/engine_socket.hpp"
#include "socketio/packed_request.hpp"
#include "socketio/recovery.hpp"

namespace signaling::socketio {

class NamespaceTransport;
class ServedNamespace;
class ServerContext;

/// One client: drives its Connection, and has a transport for each namespace that it is in or asks for.
///
/// Threads: the executor of the socket. Re-entrancy: whoever changes something in the connection calls `pump`
/// afterwards; while it runs already, it sees to the rest.
class ClientSession final : public std::enable_shared_from_this<ClientSession> {
 public:
  ClientSession(ServerContext& context, const ConnectInfo& info);
  ~ClientSession();

  void open(std::shared_ptr<EngineSocket> socket);
  /// Goes on with this socket, on its executor.
  void move_to(std::shared_ptr<EngineSocket> socket);
  /// Where the session belongs, if this message of the client, its first, is to go on with a namespace on another executor;
  /// empty: here.
  boost::asio::any_io_executor executor_for(const MessageView& message) const;
  void receive(const MessageView& message);
  void written() { settle(); }
  void on_time(TimePoint now);
  TimePoint next_deadline() const;
  void on_ping();
  void on_pong();
  void on_page_left() noexcept { is_page_left_ = true; }
  /// May be called more than once.
  void end(CloseReason reason);

  ServerContext& context() noexcept { return context_; }
  /// While it is open.
  boost::asio::any_io_executor executor() const { return socket_->executor(); }
  /// The request that opened the connection.
  const PackedRequest& request() const noexcept { return request_; }
  /// The same, for sockets, which share it.
  std::shared_ptr<const ConnectInfo> shared_request();
  Connection& connection() noexcept { return *connection_; }
  void pump();

  /// The transport has given so many bytes of its peer's messages to the connection.
  void sent(NamespaceTransport& transport, std::size_t bytes);
  /// A peer of one of the namespaces wants the client to be read, or not; all of them share the connection.
  void set_reading(bool reading);
  std::size_t namespaces() const noexcept { return transports_.size(); }
  /// The client is new in this namespace, which it has asked for.
  void connect(ServedNamespace& nsp, std::string_view auth);
  /// The transport belongs to no namespace of this client any more.
  void remove(const NamespaceTransport& transport);

 private:
  struct InFlight {
    std::shared_ptr<NamespaceTransport> transport;  // null: it belongs to another client
    std::size_t bytes;
  };

  bool flush();
  /// Output stays behind the answer to a CONNECT.
  bool waits() const;
  void settle();
  NamespaceTransport* find(std::string_view nsp) const noexcept;
  Recovery::Found find_recoverable(std::string_view auth) const;
  /// False: the client is new.
  bool recover(const ServedNamespace& nsp, std::string_view auth);
  void handle(const connection_event::NamespaceRequested& event);
  void handle(const connection_event::EventReceived& event);
  void handle(const connection_event::AckReceived& event);
  void handle(const connection_event::NamespaceClosed& event);
  void handle(const connection_event::ConnectionClosed& event);

  ServerContext& context_;
  const PackedRequest request_;
  std::weak_ptr<const ConnectInfo> shared_request_;
  std::shared_ptr<EngineSocket> socket_;  // null: not open, or over
  std::optional<Connection> connection_;
  std::vector<std::shared_ptr<NamespaceTransport>> transports_;
  // What the socket has not sent yet, in order.
  std::vector<InFlight> in_flight_;
  std::size_t in_flight_bytes_ = 0;
  std::size_t connects_ = 0;
  std::size_t holders_ = 0;  // namespaces that want nothing to be read
  /// Set while the client is in no namespace any more.
  TimePoint idle_until_ = TimePoint::max();
  /// Set between the answer to a CONNECT and what may follow it.
  TimePoint resume_at_ = TimePoint::max();
  bool pumping_ = false;
  bool is_page_left_ = false;  // the client means its end
};

}  // namespace signaling::socketio
