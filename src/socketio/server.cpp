// Path 3/8: one Engine.IO session -> its namespaces. Next: socketio/client_session.cpp
#include "signaling/socketio/server.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "socketio/client_session.hpp"
#include "socketio/server_context.hpp"
#include "socketio/session_relay.hpp"

namespace signaling::socketio {
namespace {

ServerOptions complete(ServerOptions options) {
  if (options.clock == nullptr) options.clock = &system_clock();
  return options;
}

bool is_name(std::string_view name) noexcept {
  const bool bad = std::ranges::any_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F' || c == ','; });
  return name.starts_with('/') && !bad;
}

/// The session may end while it is in the middle of a call, and may belong to another executor.
class SessionHandler final : public EngineHandler {
 public:
  explicit SessionHandler(std::shared_ptr<ClientSession> session) : session_(std::move(session)) {}
  SessionHandler(const SessionHandler&) = delete;
  SessionHandler& operator=(const SessionHandler&) = delete;
  // The router must not be left with transports that are gone, whatever the owner of the sockets has
  // forgotten.
  ~SessionHandler() override {
    try {
      on_closed(CloseReason::lost);
    } catch (...) {  // NOLINT(bugprone-empty-catch): of memory, or of the host's hooks
    }
  }

  void on_open(std::shared_ptr<EngineSocket> socket) override {
    socket_ = socket;
    session_->open(std::move(socket));
  }
  void on_message(const MessageView& message) override {
    if (!relay_) move_if_needed(message);
    relay_ ? relay_->receive(message) : session_->receive(message);
  }
  void on_written() override { relay_ ? relay_->written() : session_->written(); }
  void on_ping() override { relay_ ? relay_->on_ping() : session_->on_ping(); }
  void on_pong() override { relay_ ? relay_->on_pong() : session_->on_pong(); }
  void on_page_left() override { relay_ ? relay_->on_page_left() : session_->on_page_left(); }
  TimePoint next_deadline() const override {
    return relay_ ? relay_->next_deadline() : session_->next_deadline();
  }
  void on_time(TimePoint now) override { relay_ ? relay_->on_time(now) : session_->on_time(now); }
  void on_closed(CloseReason reason) override {
    if (!std::exchange(is_closed_, true)) relay_ ? relay_->end(reason) : session_->end(reason);
  }

 private:
  void move_if_needed(const MessageView& message) {
    const auto executor = session_->executor_for(message);
    const auto socket = socket_.lock();
    if (!executor || !socket) return;
    relay_ = std::make_shared<SessionRelay>(session_, socket, executor);
    relay_->start();
  }

  const std::shared_ptr<ClientSession> session_;
  std::weak_ptr<EngineSocket> socket_;
  std::shared_ptr<SessionRelay> relay_;  // null: the session is on the executor of its socket
  bool is_closed_ = false;
};

}  // namespace

ServerContext::ServerContext(Router& router, ServerOptions options)
    : router_(router),
      options_(complete(std::move(options))),
      recovery_(std::chrono::floor<std::chrono::seconds>(options_.recovery_time), options_.max_away_sockets) {
}

void ServerContext::log(LogLevel level, std::string_view event,
                        std::initializer_list<LogField> fields) const {
  if (!options_.log || level < options_.log->level()) return;
  options_.log->log({level, event, {fields.begin(), fields.size()}});
}

ServedNamespace& ServerContext::of(std::string_view name) {
  const std::scoped_lock lock(mutex_);
  const auto found = namespaces_.find(name);
  if (found != namespaces_.end()) return *found->second;
  if (!is_name(name)) throw std::invalid_argument("signaling: not a valid Socket.IO namespace name");
  return *namespaces_.emplace(name, std::make_unique<ServedNamespace>(*this, name)).first->second;
}

ServedNamespace* ServerContext::find(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = namespaces_.find(name);
  return found == namespaces_.end() ? nullptr : found->second.get();
}

Server::Server(Router& router, ServerOptions options)
    : context_(std::make_unique<ServerContext>(router, std::move(options))) {}

Server::~Server() { context_->recovery().close(); }

Namespace& Server::of(std::string_view name) { return context_->of(name); }

std::unique_ptr<EngineHandler> Server::accept(const ConnectInfo& info) {
  return std::make_unique<SessionHandler>(std::make_shared<ClientSession>(*context_, info));
}

Router& Server::router() noexcept { return context_->router(); }

ServerStats Server::stats() const noexcept { return context_->counters().stats(); }

}  // namespace signaling::socketio
