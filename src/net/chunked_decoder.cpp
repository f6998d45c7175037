#include "net/chunked_decoder.hpp"

#include <algorithm>

#include "net/http_head.hpp"
#include "signaling/text/ascii.hpp"
#include "signaling/text/hex.hpp"

namespace signaling::net {
namespace {

// 15 digits cannot overflow, and are a million times the memory of any machine.
constexpr unsigned max_size_digits = 15;

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::decode(std::string_view& input, std::string& body) {
  while (!input.empty()) {
    Step step = Step::more;
    if (state_ == State::data) {
      step = take_data(input, body);
    } else {
      step = take(input.front());
      input.remove_prefix(1);
    }
    if (step != Step::more) return step;
  }
  return Step::more;
}

ChunkedDecoder::Step ChunkedDecoder::take_data(std::string_view& input, std::string& body) {
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(chunk_bytes_, input.size()));
  body.append(input.substr(0, count));
  input.remove_prefix(count);
  chunk_bytes_ -= count;
  if (chunk_bytes_ == 0) state_ = State::data_cr;
  return Step::more;
}

ChunkedDecoder::Step ChunkedDecoder::take(char c) {
  if (max_overhead_bytes_ != 0 && ++overhead_bytes_ > max_overhead_bytes_) return Step::malformed;
  switch (state_) {
    case State::size: return take_size(c);
    case State::extension:
      if (c == '\r') state_ = State::size_end;
      return text::is_control(c) && c != '\r' && c != '\t' ? Step::malformed : Step::more;
    case State::size_end: return c == '\n' ? start_chunk() : Step::malformed;
    case State::data_cr: state_ = State::data_lf; return c == '\r' ? Step::more : Step::malformed;
    case State::data_lf:
      state_ = State::size;
      overhead_bytes_ = 0;
      return c == '\n' ? Step::more : Step::malformed;
    case State::data: break;
    case State::trailer:
    case State::trailer_end: return take_trailer(c);
  }
  return Step::malformed;
}

// chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
ChunkedDecoder::Step ChunkedDecoder::take_size(char c) {
  if (const int value = text::hex_value(c); value >= 0) {
    chunk_bytes_ = chunk_bytes_ * 16 + static_cast<std::uint64_t>(value);
    return ++digits_ > max_size_digits ? Step::malformed : Step::more;
  }
  if (digits_ == 0) return Step::malformed;
  if (c == '\r') {
    state_ = State::size_end;
  } else if (c == ';') {
    state_ = State::extension;
  } else {
    return Step::malformed;
  }
  return Step::more;
}

ChunkedDecoder::Step ChunkedDecoder::start_chunk() {
  digits_ = 0;
  if (chunk_bytes_ == 0) {
    state_ = State::trailer;
    overhead_bytes_ = 0;
    return Step::more;
  }
  body_bytes_ += chunk_bytes_;
  if (max_body_bytes_ != 0 && body_bytes_ > max_body_bytes_) return Step::too_large;
  state_ = State::data;
  return Step::more;
}

// trailer-section = *( field-line CRLF ), and the CRLF that ends the body.
ChunkedDecoder::Step ChunkedDecoder::take_trailer(char c) {
  if (state_ == State::trailer) {
    if (c == '\r') {
      state_ = State::trailer_end;
    } else {
      trailer_line_ += c;
    }
    return c == '\n' ? Step::malformed : Step::more;
  }
  if (c != '\n') return Step::malformed;
  if (trailer_line_.empty()) return Step::done;
  state_ = State::trailer;
  const bool valid = is_field_line(trailer_line_);
  trailer_line_.clear();
  return valid ? Step::more : Step::malformed;
}

}  // namespace signaling::net
