#include "socketio/served_namespace.hpp"

#include <algorithm>
#include <utility>

#include "signaling/socketio/vocabularies.hpp"
#include "socketio/host_encoder.hpp"
#include "socketio/server_context.hpp"
#include "socketio/socket_session.hpp"

namespace signaling::socketio {
namespace {

// The id of a socket is a room that holds it, whoever else has joined a room of that name. Empty: there is no such
// socket.
std::vector<PeerId> with_socket(PeerId socket, std::vector<PeerId> ids) {
  if (!socket.empty() && std::ranges::find(ids, socket) == ids.end())
    ids.insert(ids.begin(), std::move(socket));
  return ids;
}

}  // namespace

ServedNamespace::ServedNamespace(ServerContext& context, std::string_view name)
    : context_(context),
      name_(name),
      everybody_(name_ + ','),
      encoder_(std::make_shared<const HostEncoder>(name)) {}

Namespace& ServedNamespace::serve(std::shared_ptr<const Vocabulary> vocabulary) {
  vocabulary_ = std::move(vocabulary);
  return *this;
}

Namespace& ServedNamespace::use(Middleware middleware) {
  middleware_.push_back(std::move(middleware));
  return *this;
}

Namespace& ServedNamespace::on_connection(ConnectionHandler handler) {
  connection_handlers_.push_back(std::move(handler));
  return *this;
}

Namespace& ServedNamespace::on(std::string_view event, NamespaceEventHandler handler) {
  event_handlers_.emplace_back(event, std::move(handler));
  return *this;
}

Router& ServedNamespace::router() const noexcept { return context_.router(); }

std::unique_ptr<Protocol> ServedNamespace::make_vocabulary_protocol() const {
  return vocabulary_ ? vocabulary_->make_protocol() : nullptr;
}

EmitResult ServedNamespace::emit(std::string_view event, const Arguments& arguments) {
  return Broadcast(*this, nullptr).emit(event, arguments);
}

Broadcast ServedNamespace::to(std::string_view room) { return Broadcast(*this, nullptr).to(room); }

Broadcast ServedNamespace::except(std::string_view room) { return Broadcast(*this, nullptr).except(room); }

// A slash at the beginning and a comma: rooms of other namespaces look like this.
RoomId ServedNamespace::room_id(std::string_view room) const {
  if (room.empty()) return {};
  if (name_ != main_namespace) return everybody_ + std::string(room);
  const bool foreign = room.starts_with('/') && room.find(',') != std::string_view::npos;
  return foreign ? RoomId() : RoomId(room);
}

std::string_view ServedNamespace::room_name(std::string_view id) const noexcept {
  if (name_ == main_namespace) return id == everybody_ ? std::string_view() : id;
  return id.starts_with(everybody_) ? id.substr(everybody_.size()) : std::string_view();
}

std::vector<PeerId> ServedNamespace::members_of(const RoomId& room) const {
  std::vector<PeerId> ids;
  const auto found = router().find_room(room);
  if (!found) return ids;
  std::vector<Member> members = found->members();
  ids.reserve(members.size());
  for (Member& member : members) ids.push_back(std::move(member.id));
  return ids;
}

std::vector<PeerId> ServedNamespace::sockets_of(std::string_view room) const {
  return with_socket(socket_named(room), members_of(room_id(room)));
}

PeerId ServedNamespace::socket_named(std::string_view id) const {
  return PeerId(find(id) ? id : std::string_view());
}

std::vector<PeerId> ServedNamespace::sockets() const { return members_of(everybody_); }

void ServedNamespace::start_fetch_sockets(std::string_view room,
                                          Callback<void(std::error_code, std::vector<PeerId>)> done) const {
  const RoomId id = room.empty() ? everybody_ : room_id(room);
  if (id.empty()) return done({}, with_socket(socket_named(room), {}));
  // The server may be gone when the store answers.
  router().async_members(id, [socket = socket_named(room), done = std::move(done)](
                                 std::error_code error, std::vector<Member> members) mutable {
    std::vector<PeerId> ids;
    ids.reserve(members.size());
    for (Member& member : members) ids.push_back(std::move(member.id));
    if (!error) ids = with_socket(std::move(socket), std::move(ids));
    done(error, std::move(ids));
  });
}

std::shared_ptr<Socket> ServedNamespace::find(std::string_view id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = sockets_.find(id);
  return found == sockets_.end() ? nullptr : found->second.lock();
}

void ServedNamespace::add(const std::shared_ptr<SocketSession>& socket) {
  const std::scoped_lock lock(mutex_);
  sockets_.insert_or_assign(socket->id(), socket);
}

// Another connection of the same client may have taken its place.
void ServedNamespace::remove(const SocketSession& socket) {
  const std::scoped_lock lock(mutex_);
  const auto found = sockets_.find(socket.id());
  if (found == sockets_.end()) return;
  const auto current = found->second.lock();
  if (!current || current.get() == &socket) sockets_.erase(found);
}

void ServedNamespace::log_exception(std::string_view socket, const std::exception_ptr& exception) const {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    context_.log(LogLevel::error, "handler-failed",
                 {{"peer", socket}, {"namespace", name_}, {"error", error.what()}});
  } catch (...) {
    context_.log(LogLevel::error, "handler-failed", {{"peer", socket}, {"namespace", name_}});
  }
}

}  // namespace signaling::socketio
