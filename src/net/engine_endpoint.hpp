#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "net/engine_driver.hpp"
#include "net/engine_registry.hpp"
#include "net/log_writer.hpp"
#include "net/origin.hpp"
#include "net/server_counters.hpp"
#include "signaling/net/engine_route.hpp"
#include "signaling/net/http.hpp"
#include "signaling/net/websocket_route.hpp"

namespace signaling::net {

struct ServerContext;
class Worker;

/// A session, and where it lives.
struct EngineSessionPlace {
  std::shared_ptr<EngineDriver> driver;
  std::shared_ptr<Worker> worker;
};

/// The session that a WebSocket is for, or the refusal.
using EngineTarget = std::variant<EngineSessionPlace, HttpResponse>;

/// One path where Engine.IO is spoken: checks what comes, finds or makes its session, and hands it over.
///
/// Ownership: the context's routes own it, so it does not own the context. Threads: any.
class EngineEndpoint final : public std::enable_shared_from_this<EngineEndpoint> {
 public:
  /// Throws std::invalid_argument on a route that makes no sense. `workers`: all of the server's.
  EngineEndpoint(EngineRoute route, ServerContext& context, std::vector<std::weak_ptr<Worker>> workers);

  /// Answers one HTTP request, on the executor of its connection.
  void handle(const HttpRequest& request, const HttpResponder& responder);

  /// `here`: the worker of the connection, and of a session that is made for it.
  EngineTarget find_target(const HttpRequest& request, const std::shared_ptr<Worker>& here);

  /// Who may connect here. Null: the rules of the server.
  const std::shared_ptr<const OriginRules>& origins() const noexcept { return origins_; }

  // For sessions.
  const socketio::EngineOptions& options() const noexcept { return route_.options; }
  std::size_t pause_reading_above() const noexcept { return route_.pause_reading_above; }
  EngineRegistry& registry() noexcept { return registry_; }
  const LogWriter& log() const noexcept;
  ServerCounters& counters() const noexcept;

 private:
  void open_session(const HttpRequest& request, const HttpResponder& responder);
  void hand_over(const std::shared_ptr<EngineDriver>& session, EngineRequest request);
  EngineTarget make_session(const HttpRequest& request, std::shared_ptr<Worker> worker);
  EngineDecision decide(const HttpRequest& request);
  bool serves(std::string_view transport) const noexcept;
  std::shared_ptr<Worker> worker_of(const boost::asio::any_io_executor& executor) const;

  const EngineRoute route_;
  ServerContext& context_;
  const std::shared_ptr<const OriginRules> origins_;
  const std::vector<std::weak_ptr<Worker>> workers_;
  EngineRegistry registry_;
};

/// What WebSockets of an Engine.IO path are like: Engine.IO has timeouts and pings of its own.
WebSocketSettings engine_websocket_settings(const EngineRoute& route);

}  // namespace signaling::net
