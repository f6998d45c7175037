// Path 3/8 and 7/8: one namespace of a client <-> its peer. Next: core/link.cpp (in), socketio/connection.cpp (out)
#include "socketio/namespace_transport.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "signaling/socketio/vocabularies.hpp"
#include "socketio/argument_list.hpp"
#include "socketio/client_session.hpp"
#include "socketio/emission.hpp"
#include "socketio/host_protocol.hpp"
#include "socketio/server_context.hpp"
#include "socketio/socket_session.hpp"

namespace signaling::socketio {
namespace {

bool is_text(const Frame& frame, std::string_view prefix) noexcept {
  return frame.kind() == MessageKind::text && frame.text_view().starts_with(prefix);
}

// How packets of these types begin in every namespace.
bool is_connect(const Frame& frame) noexcept { return is_text(frame, "40"); }
bool is_connect_error(const Frame& frame) noexcept { return is_text(frame, "44"); }
bool is_note(const Frame& frame) noexcept {
  return frame.kind() == MessageKind::text && !is_text(frame, "4");
}

std::size_t size_of(std::span<const Frame> frames) noexcept {
  std::size_t bytes = 0;
  for (const Frame& frame : frames) bytes += frame.size();
  return bytes;
}

// It is the connection that has failed, or the server that stops, and the client is welcome to come back: no
// DISCONNECT, after which clients do not do that by themselves.
bool is_for_connection(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::going_away:
    case CloseReason::slow_consumer:
    case CloseReason::overloaded: return true;
    default: return false;
  }
}

bool is_for_namespace(CloseReason reason) noexcept {
  return reason == CloseReason::normal || reason == CloseReason::kicked;
}

}  // namespace

NamespaceTransport::NamespaceTransport(ClientSession& client, ServedNamespace& nsp)
    : client_(&client), nsp_(nsp) {}

NamespaceTransport::~NamespaceTransport() = default;

boost::asio::any_io_executor NamespaceTransport::executor() {
  return recovery_ ? recovery_->executor : client_->executor();
}

std::string_view NamespaceTransport::name() const noexcept { return nsp_.name(); }

void NamespaceTransport::connect(std::string_view auth) {
  std::unique_ptr<Protocol> protocol = nsp_.make_vocabulary_protocol();
  if (!protocol) {
    Handshake handshake{client_->shared_request(), auth.empty() ? Argument("{}") : Argument(auth)};
    socket_ = std::make_shared<SocketSession>(nsp_, std::move(handshake), executor());
    protocol = std::make_unique<HostProtocol>(nsp_, socket_);
  }
  link_ = client_->context().router().connect(*this, std::move(protocol), connect_info(auth));
}

// Each namespace is a peer of its own, and only one of them can have the id that the client wishes for.
ConnectInfo NamespaceTransport::connect_info(std::string_view auth) const {
  ConnectInfo info = client_->request().unpack();
  if (name() != main_namespace) {
    info.wished_id.clear();
    info.resume.clear();
  }
  if (auth.empty()) return info;
  info.credentials = auth;
  if (auto token = Argument(auth).member("token").as_string()) info.token = std::move(*token);
  return info;
}

void NamespaceTransport::write(std::span<const Frame> frames) {
  const auto self = shared_from_this();
  switch (state_) {
    case State::admitting: answer(frames); break;
    case State::checking: held_.insert(held_.end(), frames.begin(), frames.end()); break;
    case State::connected:
    case State::away:
    case State::asked: deliver(frames); break;
    case State::refused:
    case State::over: drop(frames); break;
  }
  if (is_hopeless()) finish(CloseReason::slow_consumer);
  if (client_ != nullptr) client_->pump();
}

void NamespaceTransport::answer(std::span<const Frame> frames) {
  if (is_connect_error(frames[0])) {
    state_ = State::refused;
    client_->connection().refuse_with(name(), frames[0]);
    return drop(frames);
  }
  if (socket_) socket_->attach(link_.peer());
  if (!socket_ || nsp_.middleware().empty()) return open(frames);
  state_ = State::checking;
  const auto timeout = client_->context().options().decision_timeout;
  if (timeout.count() != 0) decide_by_ = client_->context().now() + timeout;
  held_.assign(frames.begin(), frames.end());
  call_middleware();
}

void NamespaceTransport::call_middleware() {
  const Middleware& middleware = nsp_.middleware()[middleware_];
  const Next next(std::make_shared<Next::Decision>(shared_from_this(), middleware_));
  try {
    middleware(socket_, next);
  } catch (...) {
    nsp_.log_exception(socket_->id(), std::current_exception());
    next.refuse("Internal error");
  }
}

void NamespaceTransport::go_on(std::size_t middleware) {
  if (state_ != State::checking || middleware != middleware_) return;
  if (++middleware_ != nsp_.middleware().size()) return call_middleware();
  const std::vector<Frame> held = std::exchange(held_, {});
  open(held);
  client_->pump();
}

void NamespaceTransport::refuse(std::size_t middleware, std::string_view message, std::string_view data) {
  if (state_ != State::checking || middleware != middleware_) return;
  ClientSession& client = *client_;
  client.connection().refuse(name(), message, data);
  finish(CloseReason::unauthorized);
  client.pump();
}

void NamespaceTransport::open(std::span<const Frame> frames) {
  state_ = State::connected;
  enable_recovery();
  const bool is_answered = is_connect(frames[0]);
  if (recovery_) {
    accept();
    if (is_answered) drop(frames.first(1));
  } else if (is_answered) {
    client_->connection().accept_with(name(), frames[0]);
    count_sent(frames.first(1));
  } else {
    client_->connection().accept(name(), link_.peer()->id());
  }
  if (is_answered) frames = frames.subspan(1);
  if (socket_) socket_->open();
  deliver(frames);
}

// Tells the client its secret.
void NamespaceTransport::accept() {
  const Frame answer = encode_connect(name(), link_.peer()->id(), recovery_->pid);
  client_->connection().accept_with(name(), answer);
  count_sent({&answer, 1});
}

// What the client is not to see stays here: notes, what they are about, and errors that cannot refuse
// anything any more.
void NamespaceTransport::deliver(std::span<const Frame> frames) {
  std::size_t first = 0;
  std::size_t next = 0;
  while (next < frames.size()) {
    const bool note = socket_ && is_note(frames[next]);
    if (!note && !is_connect_error(frames[next])) {
      ++next;
      continue;
    }
    pass_on(frames.subspan(first, next - first));
    const std::size_t dropped = 1 + (note ? read_note(frames[next]) : 0);
    first = std::min(next + dropped, frames.size());
    drop(frames.subspan(next, first - next));
    next = first;
  }
  pass_on(frames.subspan(first));
}

void NamespaceTransport::pass_on(std::span<const Frame> frames) {
  if (frames.empty()) return;
  if (!recovery_ || state_ == State::over) {
    if (client_ == nullptr || !client_->connection().send(name(), frames)) return drop(frames);
    return count_sent(frames);
  }
  // With an offset an event is some bytes longer than what the router counts, which does not mind.
  const std::vector<Frame> kept = keep(frames);
  if (state_ != State::connected || !client_->connection().send(name(), kept)) return drop(frames);
  count_sent(kept);
}

void NamespaceTransport::count_sent(std::span<const Frame> frames) {
  const std::size_t bytes = size_of(frames);
  if (recovery_) recovery_->in_flight += bytes;
  client_->sent(*this, bytes);
}

void NamespaceTransport::written(std::size_t bytes) {
  if (recovery_) recovery_->in_flight -= std::min(bytes, recovery_->in_flight);
  link_.written(bytes);
}

void NamespaceTransport::drop(std::span<const Frame> frames) { link_.written(size_of(frames)); }

// Returns how many of the next frames are not for this client.
std::size_t NamespaceTransport::read_note(const Frame& frame) {
  Note note;
  if (!decode_note(frame.text_view(), note)) return 0;
  if (note.kind == Note::Kind::except)
    return socket_->is_excepted(note) ? static_cast<std::size_t>(note.number) : 0;
  socket_->handle(note);
  return 0;
}

void NamespaceTransport::receive(const connection_event::EventReceived& event) {
  if (socket_) {
    socket_->receive(link_, event.values, event.ack, event.attachments);
  } else if (event.attachments.empty()) {
    link_.receive({MessageKind::text, event.values.array});
  } else {
    const std::string packed = pack(BinaryEvent{event.values.array, views_of(event.attachments)});
    link_.receive({MessageKind::binary, packed});
  }
}

void NamespaceTransport::receive(const connection_event::AckReceived& event) {
  if (socket_) socket_->receive_ack(link_, event.id, event.values, event.attachments);
}

void NamespaceTransport::set_reading(bool reading) {
  if (state_ == State::over || std::exchange(is_reading_, reading) == reading) return;
  if (client_ != nullptr && state_ != State::asked) client_->set_reading(reading);
}

TimePoint NamespaceTransport::next_deadline() const {
  if (state_ == State::checking) return decide_by_;
  return socket_ ? socket_->next_deadline() : TimePoint::max();
}

void NamespaceTransport::on_time(TimePoint now) {
  if (state_ == State::checking) {
    if (now >= decide_by_) refuse(middleware_, no_decision, {});
    return;
  }
  if (socket_) socket_->on_time(now);
}

void NamespaceTransport::close(CloseReason reason) {
  if (state_ == State::over) return;
  const auto self = shared_from_this();
  if (client_ == nullptr) return finish(reason);
  ClientSession& client = *client_;
  if (state_ == State::connected) {
    leave(reason);
  } else if (state_ == State::asked && reason == CloseReason::timeout) {
    begin_again(reason);
  } else {
    client.connection().refuse(name(), "The server has closed the connection");
    const bool wanted = socket_ && socket_->closes_connection();
    finish(reason);
    if (wanted) client.connection().close(reason);
  }
  client.pump();
}

// The connection tells the end of the namespace, and with it comes `finish`.
void NamespaceTransport::leave(CloseReason reason) {
  Connection& connection = client_->connection();
  if (is_for_connection(reason)) return connection.close(reason);
  const bool is_last = client_->namespaces() == 1;
  connection.disconnect(name(), reason);
  const bool wanted = socket_ && socket_->closes_connection();
  if (wanted || (is_last && !is_for_namespace(reason))) connection.close(reason);
}

void NamespaceTransport::finish(CloseReason reason) {
  if (state_ == State::over) return;
  const auto self = shared_from_this();
  set_reading(true);
  const State before = std::exchange(state_, State::over);
  const bool was_connected = before == State::connected || before == State::away || before == State::asked;
  ClientSession* const client = std::exchange(client_, nullptr);
  if (socket_ && was_connected) socket_->leaving(reason);
  link_.disconnect(reason);
  if (socket_) socket_->left(reason, was_connected);
  held_.clear();
  if (recovery_) nsp_.context().recovery().remove(recovery_->pid);
  if (client != nullptr) client->remove(*this);
}

}  // namespace signaling::socketio
