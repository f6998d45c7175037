#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "signaling/websocket/connection.hpp"
#include "signaling/websocket/deflate.hpp"

namespace signaling::websocket {

enum class InflateStatus : std::uint8_t {
  ok,
  invalid,    ///< not a DEFLATE stream
  too_large,  ///< the output reached its bound
};

/// Compresses and decompresses the messages of one connection (RFC 7692 7.2).
///
/// Ownership: the dictionaries; each is made when it is first needed, and kept only with context takeover.
/// Errors: after `invalid` or `too_large` the connection must end: the decompressor is out of step.
class DeflateCodec {
 public:
  DeflateCodec(Role role, const DeflateParameters& parameters);
  DeflateCodec(const DeflateCodec&) = delete;
  DeflateCodec& operator=(const DeflateCodec&) = delete;
  ~DeflateCodec();

  /// Decompresses the next piece of a message and appends the result to `out`, which may not grow over
  /// `max_bytes` (0: no bound).
  InflateStatus inflate(std::span<const std::byte> piece, std::size_t max_bytes, std::vector<std::byte>& out);
  /// The message has no further piece.
  InflateStatus finish(std::size_t max_bytes, std::vector<std::byte>& out);
  /// The rest of the message will not be asked for.
  void abandon() noexcept;

  /// The window of the messages that this end compresses, if it does not remember them; else 0.
  int shared_window_bits() const noexcept { return keep_deflater_ ? 0 : deflate_bits_; }
  /// Compresses one whole message and appends the result to `out`.
  void deflate(std::span<const std::byte> message, std::vector<std::byte>& out);

 private:
  struct Inflater;
  struct Deflater;

  static Deflater& shared_deflater(int window_bits);

  std::unique_ptr<Inflater> inflater_;
  std::unique_ptr<Deflater> deflater_;
  std::uint8_t inflate_bits_;
  std::uint8_t deflate_bits_;
  bool keep_inflater_;
  bool keep_deflater_;
};

}  // namespace signaling::websocket
