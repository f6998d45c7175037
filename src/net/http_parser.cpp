#include "net/http_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <limits>
#include <utility>

#include "signaling/text/http_field.hpp"

namespace signaling::net {

namespace http = boost::beast::http;

HttpParser::HttpParser(const HttpParserLimits& limits) : limits_(limits) {
  if (limits_.max_header_bytes == 0) limits_.max_header_bytes = std::numeric_limits<std::uint32_t>::max() / 2;
}

HttpParser::Step HttpParser::parse(std::string_view& input) {
  switch (state_) {
    case State::head: return parse_head(input);
    case State::body: return parse_body(input);
    case State::done: return Step::complete;
    case State::failed: break;
  }
  return Step::failed;
}

HttpParser::Step HttpParser::fail(HttpStatus status) {
  state_ = State::failed;
  status_ = status;
  return Step::failed;
}

HttpParser::Step HttpParser::parse_head(std::string_view& input) {
  while (!input.empty()) {
    const std::string_view part = input.substr(0, limits_.max_header_bytes + 1 - buffer_.size());
    buffer_.append(part);
    skip_empty_lines();
    if (find_end()) {
      // What is behind the head came with this part: earlier bytes were not enough to end it.
      input.remove_prefix(part.size() - (buffer_.size() - scanned_));
      buffer_.resize(scanned_);
      return scanned_ > limits_.max_header_bytes ? fail(431) : finish_head();
    }
    input.remove_prefix(part.size());
    if (state_ == State::failed) return Step::failed;
    if (buffer_.size() > limits_.max_header_bytes) return fail(431);
  }
  return Step::more;
}

// RFC 9112 2.2: empty lines before a request are a habit of old clients.
void HttpParser::skip_empty_lines() {
  std::size_t skipped = 0;
  while (buffer_.compare(skipped, 2, "\r\n") == 0) skipped += 2;
  if (skipped == 0) return;
  buffer_.erase(0, skipped);
  scanned_ = 0;
}

// True when the empty line was found; `scanned_` is behind it then. Line ends are CRLF and nothing else: a
// bare CR or LF is where parsers disagree (RFC 9112 2.2).
bool HttpParser::find_end() {
  for (; scanned_ < buffer_.size(); ++scanned_) {
    const char c = buffer_[scanned_];
    const bool after_cr = scanned_ > 0 && buffer_[scanned_ - 1] == '\r';
    const bool starts_badly = scanned_ == 0 && c != '\r' && !text::is_token_char(c);
    if (starts_badly || (c == '\n') != after_cr) {
      fail(400);
      return false;
    }
    if (c == '\n' && scanned_ >= 3 && buffer_[scanned_ - 2] == '\n') {
      ++scanned_;
      return true;
    }
  }
  return false;
}

HttpParser::Step HttpParser::finish_head() {
  if (const HttpStatus status = check_raw_head(buffer_, limits_.max_header_fields); status != http_ok) {
    return fail(status);
  }
  if (!read_head()) return fail(400);
  if (const HttpStatus status = check_fields(head_); status != http_ok) return fail(status);
  buffer_ = {};
  scanned_ = 0;
  body_left_ = head_.content_length.value_or(0);
  limit_body(0);
  state_ = State::body;
  return Step::head;
}

bool HttpParser::read_head() {
  http::request_parser<http::empty_body> parser;
  // The bounds are ours: Beast's are checked in other places, with other answers.
  parser.header_limit(std::numeric_limits<std::uint32_t>::max());
  parser.body_limit(boost::none);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(buffer_), error);
  if (error || !parser.is_header_done()) return false;
  const auto& message = parser.get();
  head_ = HttpHead();
  head_.method = std::string(message.method_string());
  head_.target = std::string(message.target());
  head_.minor_version = message.version() % 10;
  for (const auto& field : message) {
    head_.fields.emplace_back(text::to_lower(std::string(field.name_string())), std::string(field.value()));
  }
  return true;
}

void HttpParser::limit_body(std::size_t max_bytes) {
  chunked_.reset();
  if (head_.chunked) chunked_.emplace(max_bytes, limits_.max_header_bytes);
  if (max_bytes != 0 && body_left_ > max_bytes) fail(413);
}

HttpParser::Step HttpParser::parse_body(std::string_view& input) {
  if (chunked_) {
    switch (chunked_->decode(input, body_)) {
      case ChunkedDecoder::Step::more: return Step::more;
      case ChunkedDecoder::Step::malformed: return fail(400);
      case ChunkedDecoder::Step::too_large: return fail(413);
      case ChunkedDecoder::Step::done: break;
    }
  } else {
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, input.size()));
    body_.append(input.substr(0, count));
    input.remove_prefix(count);
    body_left_ -= count;
    if (body_left_ > 0) return Step::more;
  }
  state_ = State::done;
  return Step::complete;
}

void HttpParser::next() {
  state_ = State::head;
  chunked_.reset();
  body_ = {};
}

}  // namespace signaling::net
