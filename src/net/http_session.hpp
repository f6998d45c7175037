#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/http_exchange.hpp"
#include "net/http_head.hpp"
#include "net/http_parser.hpp"
#include "net/route_table.hpp"
#include "net/server_counters.hpp"
#include "net/session.hpp"
#include "net/static_files.hpp"
#include "signaling/net/http.hpp"
#include "signaling/websocket/handshake.hpp"

namespace signaling::net {

class Connection;

/// HTTP/1.1 on one connection: one request after the other, until it is closed or becomes a WebSocket.
///
/// While an answer is awaited or on its way, the next request waits, and nothing is read.
class HttpSession final : public Session {
 public:
  explicit HttpSession(Connection& connection);
  ~HttpSession() override;

  void on_open() override;
  void on_data(std::span<std::byte> bytes) override;
  void on_end() override;
  void on_written(std::size_t message_bytes) override;
  void on_deadline(TimePoint now) override;
  void on_stop() override;
  void on_closed(CloseReason reason) override;

  /// The answer to the request that was handed to a handler.
  void complete(HttpResponse response, AnswerEvents events);

 private:
  enum class Phase : std::uint8_t {
    reading,    ///< a request, or nothing yet
    answering,  ///< a handler has it
    sending,    ///< the answer is on its way
    lingering,  ///< all is said; the client is given time to read it
    upgraded,
  };

  // http_session.cpp: the life of the connection
  void process(std::span<std::byte> bytes);
  void request_started();
  /// `counter`: of those that were too late for it.
  void arm(std::chrono::milliseconds timeout, ServerCounters::Counter& counter);
  void await_client();
  void refuse_malformed();
  void answer(HttpResponse response);
  void answer_file(FileAnswer file);
  void send_head(unsigned status, const HttpFields& fields, std::optional<std::uint64_t> length,
                 std::string_view body);
  void send_file_part();
  void answer_sent();
  void tell_left(AnswerFate fate);
  void linger();

  // http_dispatch.cpp: who answers
  void head_arrived();
  /// For a page that is refused before its request is whole.
  HttpFields cors_of_head() const;
  void dispatch();
  std::optional<HttpRequest> take_request();
  void answer_by_route(const HttpRoutes& routes, const HttpRequest& request);
  void call_handler(const HttpHandler& handler, const HttpRequest& request);
  void answer_without_route(const HttpRequest& request);

  // http_upgrade.cpp: leaving HTTP
  bool upgrade(const HttpRequest& request);
  void accept_upgrade(const AnyWebSocketRoute& route, const HttpRequest& request,
                      const websocket::AcceptedUpgrade& accepted);

  Connection& connection_;
  HttpParser parser_;
  Phase phase_ = Phase::reading;
  bool processing_ = false;       // process() is on the stack
  bool request_started_ = false;  // a deadline for its head was set, or is no longer needed
  bool sending_part_ = false;     // send_file_part() is on the stack
  bool close_after_ = false;      // this answer is the last one
  bool head_only_ = false;        // the request is a HEAD
  bool input_ended_ = false;
  unsigned http_version_ = 11;
  ServerCounters::Counter* late_ = nullptr;  // counts who misses the deadline; null: nobody
  std::span<std::byte> input_;               // what process() has not used yet
  std::string held_;                         // what came behind a request that is not answered yet
  std::shared_ptr<HttpResponder::Exchange> exchange_;
  AnswerEvents answer_events_;
  UniqueFd file_;
  std::uint64_t file_left_ = 0;
};

std::unique_ptr<Session> make_http_session(Connection& connection);

}  // namespace signaling::net
