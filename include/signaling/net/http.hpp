#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/callback.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/text/export.hpp"

namespace signaling::net {

/// Header fields in wire order. In requests the names are in lower case.
using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// A query parameter: its value, or the reason for its absence.
class SIGNALING_API QueryValue {
 public:
  /// The query has no parameter of that name.
  QueryValue() = default;
  /// The query has the parameter, with this value.
  explicit QueryValue(std::string value) : value_(std::move(value)) {}
  /// The parameter is malformed: a `%` without two hexadecimal digits, or bytes that are not UTF-8.
  static QueryValue malformed() noexcept {
    QueryValue result;
    result.malformed_ = true;
    return result;
  }

  /// True if the parameter is malformed.
  bool is_malformed() const noexcept { return malformed_; }
  /// True if there is a value, which may be empty.
  explicit operator bool() const noexcept { return value_.has_value(); }
  /// Requires a value.
  const std::string& operator*() const noexcept { return *value_; }
  /// Requires a value.
  const std::string* operator->() const noexcept { return &*value_; }
  /// The value, or `other`.
  std::string value_or(std::string_view other) const { return value_ ? *value_ : std::string(other); }
  /// True if there is a value that equals `text`.
  bool operator==(std::string_view text) const noexcept { return value_ && *value_ == text; }

 private:
  std::optional<std::string> value_;
  bool malformed_ = false;
};

/// One request, complete and checked. Lifetime: valid during the handler's call; copy what is needed later.
struct SIGNALING_API HttpRequest {
  std::string method;  ///< as sent: "GET"
  /// Path and query as sent.
  std::string target;
  /// The path, percent-decoded once.
  std::string path;
  /// The part after the `?`, as sent.
  std::string query;
  HttpFields headers;  ///< names in lower case
  std::string body;    ///< the whole body; empty if there is none
  /// Address without port: "192.0.2.7", "::1".
  std::string remote_address;
  /// The request came over TLS.
  bool secure = false;
  /// The permitted value of `Access-Control-Allow-Origin`: the client's own origin or "*". Empty: none, because the
  /// request has no Origin or ServerOptions::allowed_origins does not list it.
  std::string allowed_origin;

  /// The value of the first field with that name (lower case); empty if there is none.
  std::string_view header(std::string_view name) const noexcept;
  /// The percent-decoded value of the first `name=value` of the query.
  QueryValue query_value(std::string_view name) const;
};

/// The answer to one request. The server adds `Date`, `Content-Length` and `Connection`.
struct SIGNALING_API HttpResponse {
  unsigned status = 200;  ///< the status code
  /// An invalid name or value turns the whole answer into a 500.
  HttpFields headers{};
  /// Not written for HEAD, but its length is.
  std::string body{};
  /// Closes the connection after this answer.
  bool close = false;

  /// An answer of plain text.
  static HttpResponse text(unsigned status, std::string body);
  /// An answer of JSON.
  static HttpResponse json(unsigned status, std::string body);
};

/// The data for a policy. The token is the query parameter `token`, or, if that is absent or empty, the `Authorization:
/// Bearer` token. The routes for peers' WebSockets and Engine.IO answer 400 if `token`, `peer` or `resume` is
/// malformed. This function replaces a malformed token by the whole query, so that it never equals another token, and
/// leaves a malformed `peer` or `resume` empty.
SIGNALING_API ConnectInfo connect_info(const HttpRequest& request);

/// The fields that let a page of `request.allowed_origin` read the answer; none if that is empty. They allow
/// credentials unless it is "*".
SIGNALING_API HttpFields cors_headers(const HttpRequest& request);

/// How the delivery of an answer ended.
enum class AnswerFate : std::uint8_t {
  sent,  ///< the kernel has taken all of it
  lost,  ///< not accepted, or the connection ended before all of it had left
};

/// Reports on an answer, on the connection's executor. Either function may be empty.
struct SIGNALING_API AnswerEvents {
  /// So many more bytes of the answer have left, including the head. Not called after `left`.
  std::function<void(std::size_t bytes)> progress;
  Callback<void(AnswerFate)> left;  ///< called once: the fate of the answer
};

/// Answers one request, at once or later.
///
/// Ownership: copies share it. If the last copy is destroyed without an answer, the client gets a 500.
/// Threads: `send` and the destructor on any thread, `on_abort` during the handler or on the connection's executor. It
/// must not outlive what runs the executor.
/// Re-entrancy: `send` on the executor writes before it returns.
class SIGNALING_API HttpResponder {
 public:
  class Exchange;
  /// Only the server constructs it.
  explicit HttpResponder(std::shared_ptr<Exchange> exchange);

  /// Answers. A second answer, or one to a disconnected client, is lost.
  void send(HttpResponse response, AnswerEvents events = {}) const;
  /// Calls `handler` on the executor if the client closes its end before the answer: closing a page ends its long poll
  /// in this way. If the client has already closed, calls it at once. Replaces an earlier handler. Never called after
  /// `send`.
  void on_abort(Callback<void()> handler) const;
  /// The executor of the connection.
  boost::asio::any_io_executor executor() const;

 private:
  struct Ticket;
  std::shared_ptr<Ticket> ticket_;
};

/// Answers requests of one route, on the executor of their connection. Handlers for different connections run
/// concurrently if the server has several executors. An exception becomes a 500.
using HttpHandler = std::function<void(const HttpRequest& request, HttpResponder responder)>;

}  // namespace signaling::net
