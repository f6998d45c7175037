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
#include "signaling/core/export.hpp"
#include "signaling/core/policy.hpp"

namespace signaling::net {

/// Header fields in the order of the wire. In requests the names are in lower case.
using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// A parameter of a query: its value, or why there is none.
class SIGNALING_API QueryValue {
 public:
  /// The query has no parameter of that name.
  QueryValue() = default;
  /// The query has the parameter, with this value.
  explicit QueryValue(std::string value) : value_(std::move(value)) {}
  /// It is there, but not decodable: a `%` without two hexadecimal digits, or bytes that are not UTF-8.
  static QueryValue malformed() noexcept {
    QueryValue result;
    result.malformed_ = true;
    return result;
  }

  /// True if it is there, but not decodable.
  bool is_malformed() const noexcept { return malformed_; }
  /// True if there is a value, which may be empty.
  explicit operator bool() const noexcept { return value_.has_value(); }
  /// Only if there is a value.
  const std::string& operator*() const noexcept { return *value_; }
  /// Only if there is a value.
  const std::string* operator->() const noexcept { return &*value_; }
  /// The value, or `other`.
  std::string value_or(std::string_view other) const { return value_ ? *value_ : std::string(other); }
  /// True if there is a value, and it is `text`.
  bool operator==(std::string_view text) const noexcept { return value_ && *value_ == text; }

 private:
  std::optional<std::string> value_;
  bool malformed_ = false;
};

/// One request, whole and checked. Lifetime: that of the handler's call; copy what is needed later.
struct SIGNALING_API HttpRequest {
  std::string method;  ///< as it was sent: "GET"
  /// Path and query as they were sent.
  std::string target;
  /// The path, percent-decoded once.
  std::string path;
  /// What follows the `?`, as it was sent.
  std::string query;
  HttpFields headers;  ///< names in lower case
  std::string body;    ///< whole; empty if there is none
  /// Address without port: "192.0.2.7", "::1".
  std::string remote_address;
  /// It came over TLS.
  bool secure = false;
  /// What `Access-Control-Allow-Origin` may say to this client: its own origin or "*". Empty: nothing,
  /// because the request has no Origin or ServerOptions::allowed_origins does not list it.
  std::string allowed_origin;

  /// The value of the first field of that name (lower case); empty if there is none.
  std::string_view header(std::string_view name) const noexcept;
  /// The percent-decoded value of the first `name=value` of the query.
  QueryValue query_value(std::string_view name) const;
};

/// The answer to one request. `Date`, `Content-Length` and `Connection` are added when it is written.
struct SIGNALING_API HttpResponse {
  unsigned status = 200;  ///< the status code
  /// A name or value that is no legal header turns the whole answer into a 500.
  HttpFields headers{};
  /// Not written for HEAD, but its length is told.
  std::string body{};
  /// The connection ends behind this answer.
  bool close = false;

  /// An answer of plain text.
  static HttpResponse text(unsigned status, std::string body);
  /// An answer of JSON.
  static HttpResponse json(unsigned status, std::string body);
};

/// What a policy may want to know. The token is that of the query, `token=`, or, if that is absent or empty, that of an
/// `Authorization: Bearer`. The routes of peers' WebSockets and of Engine.IO answer 400 where `token`, `peer` or `resume` is
/// malformed; here such a token is the whole query as it was sent, so that it never stands for another one, and the others
/// are empty.
SIGNALING_API ConnectInfo connect_info(const HttpRequest& request);

/// The fields that let a page of `request.allowed_origin` read the answer; none if that is empty. Credentials
/// are allowed unless it is "*".
SIGNALING_API HttpFields cors_headers(const HttpRequest& request);

/// What became of an answer.
enum class AnswerFate : std::uint8_t {
  sent,  ///< the kernel has all of it
  lost,  ///< it was not taken, or the connection ended before all of it had left
};

/// The right to answer one request, now or later.
///
/// Ownership: copies share it. When the last copy goes without an answer, the client gets a 500.
/// Threads: `send` and the destructor on any thread, `on_abort` during the handler or on the connection's
/// executor. It must not outlive what runs the executor.
/// Re-entrancy: `send` on the executor writes before it returns.
class SIGNALING_API HttpResponder {
 public:
  class Exchange;
  /// Made by the server.
  explicit HttpResponder(std::shared_ptr<Exchange> exchange);

  /// Answers; a second answer, and one to a client that is gone, is lost. `left` is called once, on the executor, with what
  /// became of the answer.
  void send(HttpResponse response, Callback<void(AnswerFate)> left = {}) const;
  /// Calls `handler` on the executor if the client closes its end before the answer was given: a long poll
  /// ends that way when its page is closed. If it has done so already, calls at once. Replaces an earlier
  /// handler. Never called after `send`.
  void on_abort(Callback<void()> handler) const;
  /// Where the connection lives.
  boost::asio::any_io_executor executor() const;

 private:
  struct Ticket;
  std::shared_ptr<Ticket> ticket_;
};

/// Answers requests of one route, on the executor of the connection they came on. Handlers for different
/// connections run at the same time when the server has several executors. An exception becomes a 500.
using HttpHandler = std::function<void(const HttpRequest& request, HttpResponder responder)>;

}  // namespace signaling::net
