#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/chunked_decoder.hpp"
#include "net/http_head.hpp"

namespace signaling::net {

struct HttpParserLimits {
  std::size_t max_header_bytes = 8 * 1024;
  std::size_t max_header_fields = 100;
};

/// Bytes to requests, one after the other. Sans-I/O; Beast's parser inside, strict checks around it (RFC
/// 9112).
///
/// How the input is cut changes nothing of what comes out.
/// Errors: `failed`, with the status to answer; the connection is of no use afterwards.
class HttpParser {
 public:
  enum class Step : std::uint8_t {
    more,      ///< the input is used up
    head,      ///< `head()` is there; told once per request, before its body
    complete,  ///< the body is there too; `next()` begins the next request
    failed,
  };

  explicit HttpParser(const HttpParserLimits& limits);

  /// Takes bytes off the front of `input` up to the next step; what is behind a complete request stays.
  Step parse(std::string_view& input);

  /// After `Step::head`: bytes the body may have, 0 (as it is before): any number. A body that announces more
  /// is refused at once.
  void limit_body(std::size_t max_bytes);

  const HttpHead& head() const noexcept { return head_; }
  // After `Step::complete`:
  HttpHead take_head() { return std::move(head_); }
  std::string take_body() { return std::move(body_); }
  HttpStatus status() const noexcept { return status_; }
  /// A request has begun and is not complete.
  bool in_request() const noexcept { return state_ == State::body || !buffer_.empty(); }
  void next();

 private:
  enum class State : std::uint8_t { head, body, done, failed };

  Step parse_head(std::string_view& input);
  Step parse_body(std::string_view& input);
  Step finish_head();
  bool read_head();
  Step fail(HttpStatus status);
  void skip_empty_lines();
  bool find_end();

  HttpParserLimits limits_;
  State state_ = State::head;
  HttpStatus status_ = http_ok;
  std::string buffer_;       // the head as far as it is there
  std::size_t scanned_ = 0;  // bytes of buffer_ whose line ends were checked
  HttpHead head_;
  std::optional<ChunkedDecoder> chunked_;
  std::uint64_t body_left_ = 0;  // of a body that is not chunked
  std::string body_;
};

}  // namespace signaling::net
