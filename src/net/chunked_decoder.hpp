#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace signaling::net {

/// Undoes the chunked transfer coding (RFC 9112 7.1). Sans-I/O. Extensions and trailer fields are checked and
/// dropped.
class ChunkedDecoder {
 public:
  enum class Step : std::uint8_t { more, done, malformed, too_large };

  /// Bounds of 0 are none. `max_overhead_bytes` is for the trailer, and for the line in front of one chunk.
  ChunkedDecoder(std::size_t max_body_bytes, std::size_t max_overhead_bytes) noexcept
      : max_body_bytes_(max_body_bytes), max_overhead_bytes_(max_overhead_bytes) {}

  /// Takes bytes off the front of `input` and appends what they carry to `body`.
  Step decode(std::string_view& input, std::string& body);

 private:
  enum class State : std::uint8_t { size, extension, size_end, data, data_cr, data_lf, trailer, trailer_end };

  Step take_data(std::string_view& input, std::string& body);
  Step take(char c);
  Step take_size(char c);
  Step take_trailer(char c);
  Step start_chunk();

  std::size_t max_body_bytes_;
  std::size_t max_overhead_bytes_;
  State state_ = State::size;
  std::uint64_t chunk_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  unsigned digits_ = 0;
  std::size_t overhead_bytes_ = 0;
  std::string trailer_line_;
};

}  // namespace signaling::net
