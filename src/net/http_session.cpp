#include "net/http_session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "net/connection.hpp"
#include "net/http_writer.hpp"
#include "net/standard_answers.hpp"
#include "net/worker.hpp"

namespace signaling::net {
namespace {

// For a client that got its last answer to read it and to close.
constexpr std::chrono::seconds linger_time{2};

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

HttpParserLimits parser_limits(const ServerOptions& options) {
  return {options.max_header_bytes, options.max_header_fields};
}

}  // namespace

std::unique_ptr<Session> make_http_session(Connection& connection) {
  return std::make_unique<HttpSession>(connection);
}

HttpSession::HttpSession(Connection& connection)
    : connection_(connection), parser_(parser_limits(connection.worker().context().options)) {}

HttpSession::~HttpSession() = default;

void HttpSession::arm(std::chrono::milliseconds timeout, ServerCounters::Counter& counter) {
  late_ = &counter;
  if (timeout.count() == 0) return connection_.clear_deadline();
  connection_.set_deadline(connection_.worker().now() + timeout);
}

void HttpSession::await_client() {
  ServerContext& context = connection_.worker().context();
  arm(context.options.http_idle_timeout, context.counters.http_timeouts);
}

void HttpSession::on_open() { request_started(); }

void HttpSession::request_started() {
  request_started_ = true;
  ServerContext& context = connection_.worker().context();
  arm(context.options.handshake_timeout, context.counters.handshake_timeouts);
}

void HttpSession::on_data(std::span<std::byte> bytes) {
  if (phase_ == Phase::lingering) return;
  process(bytes);
}

void HttpSession::process(std::span<std::byte> bytes) {
  input_ = bytes;
  processing_ = true;
  bool more = false;
  while (phase_ == Phase::reading && !more && connection_.is_open()) {
    std::string_view text(reinterpret_cast<const char*>(input_.data()), input_.size());
    const HttpParser::Step step = parser_.parse(text);
    input_ = input_.last(text.size());
    switch (step) {
      case HttpParser::Step::more: more = true; break;
      case HttpParser::Step::head: head_arrived(); break;
      case HttpParser::Step::complete: dispatch(); break;
      case HttpParser::Step::failed: refuse_malformed(); break;
    }
  }
  processing_ = false;
  if (!connection_.is_open() || phase_ == Phase::upgraded) return;
  if (more && parser_.in_request() && !request_started_) request_started();
  if (phase_ != Phase::answering && phase_ != Phase::sending) return;
  held_.assign(reinterpret_cast<const char*>(input_.data()), input_.size());
  connection_.pause_reading();
}

void HttpSession::refuse_malformed() {
  const HttpStatus status = parser_.status();
  ServerCounters& counters = connection_.worker().context().counters;
  if (status == 431) ServerCounters::add(counters.headers_too_large);
  if (status == 413) ServerCounters::add(counters.bodies_too_large);
  close_after_ = true;
  // Engine.IO's reference answers 413 without a body, and the suites of its clients compare that.
  answer(status == 413 ? HttpResponse{413, cors_of_head(), {}} : plain_answer(status));
}

void HttpSession::complete(HttpResponse response, AnswerEvents events) {
  exchange_.reset();
  answer_events_ = std::move(events);
  answer(std::move(response));
}

void HttpSession::answer(HttpResponse response) {
  if (!are_valid_fields(response.headers) || response.status < 200 || response.status > 599) {
    response = plain_answer(500);
  }
  if (response.close) close_after_ = true;
  std::optional<std::uint64_t> length;
  if (has_body(response.status)) length = response.body.size();
  send_head(response.status, response.headers, length,
            length && !head_only_ ? std::string_view(response.body) : std::string_view());
}

void HttpSession::answer_file(FileAnswer file) {
  std::optional<std::uint64_t> length;
  if (file.status == 200) {
    length = file.size;
    file_left_ = head_only_ ? 0 : file.size;
    file_ = std::move(file.file);
  }
  send_head(file.status, file.headers, length, {});
}

void HttpSession::send_head(unsigned status, const HttpFields& fields, std::optional<std::uint64_t> length,
                            std::string_view body) {
  Worker& worker = connection_.worker();
  // While the server drains, a proxy that keeps its connections open has to open new ones, elsewhere.
  if (worker.stopping() || worker.context().draining.load(std::memory_order_relaxed)) close_after_ = true;
  ServerCounters::add(worker.context().counters.responses[status / 100]);
  std::string out = write_head(status, fields, {worker.http_date(), length, !close_after_});
  out.append(body);
  phase_ = Phase::sending;
  await_client();
  connection_.send(as_bytes(out), out.size());
}

void HttpSession::on_written(std::size_t bytes) {
  if (phase_ != Phase::sending || sending_part_) return;
  if (answer_events_.progress && bytes > 0) answer_events_.progress(bytes);
  if (!connection_.is_open()) return;
  await_client();
  if (!connection_.drained()) return;
  if (file_left_ > 0) {
    send_file_part();
  } else {
    answer_sent();
  }
}

// One part at a time, and the next one when the socket has room: neither the file nor the turn of the other
// connections is taken as a whole.
void HttpSession::send_file_part() {
  const std::span<std::byte> buffer = connection_.worker().file_buffer();
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(file_left_, buffer.size()));
  const ssize_t count = ::read(file_.get(), buffer.data(), wanted);
  // The file became shorter: the promised length cannot be kept, and only closing says so.
  if (count <= 0) return connection_.drop(CloseReason::internal);
  file_left_ -= static_cast<std::uint64_t>(count);
  sending_part_ = true;
  connection_.send(buffer.first(static_cast<std::size_t>(count)), 0);
  sending_part_ = false;
  if (!connection_.is_open() || !connection_.drained()) return;
  if (file_left_ > 0) {
    connection_.notify_writable();
  } else {
    answer_sent();
  }
}

void HttpSession::answer_sent() {
  file_.reset();
  tell_left(AnswerFate::sent);
  if (input_ended_) return connection_.drop(CloseReason::normal);
  if (close_after_) return linger();
  parser_.next();
  phase_ = Phase::reading;
  request_started_ = false;
  await_client();
  if (processing_) return;
  connection_.resume_reading();
  if (held_.empty()) return;
  std::string held = std::exchange(held_, {});
  process(std::as_writable_bytes(std::span(held)));
}

void HttpSession::tell_left(AnswerFate fate) {
  auto events = std::exchange(answer_events_, {});
  if (events.left) events.left(fate);
}

// Closing while the client still sends would make its kernel throw the answer away (RFC 9112 9.6).
void HttpSession::linger() {
  phase_ = Phase::lingering;
  connection_.shut_down_write();
  connection_.resume_reading();
  late_ = nullptr;
  connection_.set_deadline(connection_.worker().now() + linger_time);
}

void HttpSession::on_end() {
  input_ended_ = true;
  if (phase_ == Phase::sending) return;
  connection_.drop(CloseReason::normal);
}

void HttpSession::on_deadline(TimePoint) {
  if (late_ != nullptr) ServerCounters::add(*late_);
  if (phase_ != Phase::reading || !parser_.in_request()) return connection_.drop(CloseReason::timeout);
  close_after_ = true;
  answer(plain_answer(408));
}

void HttpSession::on_stop() {
  const bool idle = phase_ == Phase::reading && !parser_.in_request();
  if (idle || phase_ == Phase::lingering) connection_.drop(CloseReason::going_away);
}

void HttpSession::on_closed(CloseReason) {
  tell_left(AnswerFate::lost);
  if (const auto exchange = std::exchange(exchange_, nullptr)) exchange->abort();
}

}  // namespace signaling::net
