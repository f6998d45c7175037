// How a namespace outlives the connection of its client: the transport stays with its peer, keeps the events for the
// client, and goes on over the client's next connection.
#include <utility>

#include "signaling/core/router.hpp"
#include "socketio/client_session.hpp"
#include "socketio/namespace_transport.hpp"
#include "socketio/server_context.hpp"
#include "socketio/socket_session.hpp"

namespace signaling::socketio {

void NamespaceTransport::enable_recovery() {
  Recovery& recovery = nsp_.context().recovery();
  if (!recovery.is_on()) return;
  auto recoverable = std::make_unique<Recoverable>();
  recoverable->executor = executor();
  recoverable->pid = recovery.add(shared_from_this());
  recovery_ = std::move(recoverable);
}

std::vector<Frame> NamespaceTransport::keep(std::span<const Frame> frames) {
  return recovery_->events.add(frames, name(), nsp_.router().limits().max_unacknowledged_bytes);
}

// What a client that is away has missed is more than is kept: it cannot go on any more, whatever offset it shows.
bool NamespaceTransport::is_hopeless() const noexcept {
  return client_ == nullptr && recovery_ && recovery_->events.dropped() > recovery_->lost_at;
}

bool NamespaceTransport::lose(CloseReason reason) {
  if (state_ == State::asked) {
    part();
    return true;
  }
  if (state_ != State::connected || !recovery_ || (socket_ && !socket_->connected())) return false;
  Recovery& recovery = nsp_.context().recovery();
  if (!recovery.keep(recovery_->pid)) return false;
  if (!link_.suspend(reason, recovery.time())) {
    recovery.release(recovery_->pid);
    return false;
  }
  part();
  recovery_->lost_at = recovery_->events.count();
  link_.written(std::exchange(recovery_->in_flight, 0));
  if (socket_) socket_->lost();
  return true;
}

void NamespaceTransport::part() {
  const bool is_held = !is_reading_ && state_ == State::connected;
  state_ = State::away;
  ++recovery_->turn;
  ClientSession& client = *std::exchange(client_, nullptr);
  if (is_held) client.set_reading(true);
  client.remove(*this);
}

std::optional<std::uint64_t> NamespaceTransport::received_by(std::string_view offset) const noexcept {
  return recovery_ ? recovery_->events.find(offset) : std::nullopt;
}

bool NamespaceTransport::leave_client() {
  if (state_ == State::over) return false;
  if (client_ == nullptr) return true;
  const auto old = client_->shared_from_this();
  if (!lose(CloseReason::lost)) return false;
  old->connection().disconnect(name(), CloseReason::replaced);
  if (old->namespaces() == 0) old->connection().close(CloseReason::replaced);
  old->pump();
  return state_ == State::away;
}

void NamespaceTransport::give_up() {
  const auto self = shared_from_this();
  const auto old = client_ != nullptr ? client_->shared_from_this() : nullptr;
  finish(CloseReason::replaced);
  if (!old) return;
  old->connection().disconnect(name(), CloseReason::replaced);
  old->pump();
}

void NamespaceTransport::go_on_with(ClientSession& client, std::string_view auth, std::uint64_t received) {
  client_ = &client;
  state_ = State::asked;
  recovery_->auth = auth;
  recovery_->received = received;
  link_.resume(connect_info(auth),
               [weak = weak_from_this(), turn = recovery_->turn](const Decision& decision) {
                 if (const auto self = weak.lock()) self->answered(decision, turn);
               });
}

void NamespaceTransport::answered(const Decision& decision, std::uint64_t turn) {
  if (state_ == State::over) return;
  const auto self = shared_from_this();
  if (turn != recovery_->turn) {
    // The client that this is about is gone again.
    if (decision.allowed() && !link_.suspend(CloseReason::lost, nsp_.context().recovery().time()))
      close(CloseReason::timeout);
    return;
  }
  const auto client = client_->shared_from_this();
  Connection& connection = client->connection();
  if (!decision.allowed()) {
    const std::string_view why =
        decision.reason().empty() ? describe(decision.code()) : std::string_view(decision.reason());
    connection.refuse(name(), why, R"({"code":")" + std::string(to_string(decision.code())) + R"("})");
    part();
    return client->pump();
  }
  if (recovery_->events.dropped() > recovery_->received) {
    begin_again(CloseReason::slow_consumer);
    return client->pump();
  }
  recovery_->auth.clear();
  state_ = State::connected;
  nsp_.context().recovery().release(recovery_->pid);
  accept();
  const std::vector<Frame> missed = recovery_->events.behind(recovery_->received);
  if (connection.send(name(), missed)) count_sent(missed);
  if (!is_reading_) client->set_reading(false);
  client->pump();
}

void NamespaceTransport::begin_again(CloseReason reason) {
  ClientSession& client = *client_;
  const std::string auth = std::move(recovery_->auth);
  finish(reason);
  client.connect(nsp_, auth);
}

void NamespaceTransport::on_ping() noexcept {
  if (recovery_ && recovery_->in_flight == 0) recovery_->ahead_of_ping = recovery_->events.count();
}

void NamespaceTransport::on_pong() noexcept {
  if (recovery_) recovery_->events.confirm(recovery_->ahead_of_ping);
}

}  // namespace signaling::socketio
