#pragma once

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/protocol.hpp"
#include "signaling/core/router.hpp"
#include "signaling/socketio/connection.hpp"
#include "signaling/socketio/namespace.hpp"

namespace signaling::socketio {

class ServerContext;
class SocketSession;

class ServedNamespace final : public Namespace {
 public:
  ServedNamespace(ServerContext& context, std::string_view name);

  const std::string& name() const noexcept override { return name_; }
  Namespace& serve(std::shared_ptr<const Vocabulary> vocabulary) override;
  Namespace& use(Middleware middleware) override;
  Namespace& on_connection(ConnectionHandler handler) override;
  Namespace& on(std::string_view event, NamespaceEventHandler handler) override;
  EmitResult emit(std::string_view event, const Arguments& arguments) override;
  Broadcast to(std::string_view room) override;
  Broadcast except(std::string_view room) override;
  std::vector<PeerId> sockets_of(std::string_view room) const override;
  std::vector<PeerId> sockets() const override;
  void start_fetch_sockets(
      std::string_view room,
      Callback<void(std::error_code error, std::vector<PeerId> ids)> done) const override;
  std::shared_ptr<Socket> find(std::string_view id) const override;

  ServerContext& context() const noexcept { return context_; }
  Router& router() const noexcept;
  const std::shared_ptr<const Encoder>& encoder() const noexcept { return encoder_; }
  /// Null: the host handles the events.
  std::unique_ptr<Protocol> make_vocabulary_protocol() const;
  const std::vector<Middleware>& middleware() const noexcept { return middleware_; }
  const std::vector<ConnectionHandler>& connection_handlers() const noexcept { return connection_handlers_; }
  const std::vector<std::pair<std::string, NamespaceEventHandler>>& event_handlers() const noexcept {
    return event_handlers_;
  }

  /// The router's name of a room. Empty: sockets cannot be in a room of that name.
  RoomId room_id(std::string_view room) const;
  /// The name of a room of the router. Empty: it is none of this namespace.
  std::string_view room_name(std::string_view id) const noexcept;
  const RoomId& everybody() const noexcept { return everybody_; }

  void add(const std::shared_ptr<SocketSession>& socket);
  void remove(const SocketSession& socket);
  void log_exception(std::string_view socket, const std::exception_ptr& exception) const;

 private:
  std::vector<PeerId> members_of(const RoomId& room) const;
  /// `id`, if a socket of this node has it; else empty.
  PeerId socket_named(std::string_view id) const;

  ServerContext& context_;
  const std::string name_;
  const RoomId everybody_;
  const std::shared_ptr<const Encoder> encoder_;
  std::shared_ptr<const Vocabulary> vocabulary_;
  std::vector<Middleware> middleware_;
  std::vector<ConnectionHandler> connection_handlers_;
  std::vector<std::pair<std::string, NamespaceEventHandler>> event_handlers_;
  mutable std::mutex mutex_;
  std::map<PeerId, std::weak_ptr<SocketSession>, std::less<>> sockets_;
};

}  // namespace signaling::socketio
