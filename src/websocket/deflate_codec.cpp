#include "websocket/deflate_codec.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/beast/zlib/inflate_stream.hpp>
#include <cstdint>
#include <limits>
#include <utility>

#include "text/per_thread.hpp"

namespace signaling::websocket {

namespace {

namespace zlib = boost::beast::zlib;
using ErrorCode = boost::beast::error_code;

// RFC 7692 7.2.1: what a sync flush ends with, and what a sender leaves out.
constexpr std::array flush_tail{std::byte{0x00}, std::byte{0x00}, std::byte{0xFF}, std::byte{0xFF}};

// The smallest window that zlib can compress with: it has none of 8 bits.
constexpr int min_window_bits = 9;
constexpr int max_window_bits = 15;

std::uint8_t window_bits(int negotiated) noexcept {
  return static_cast<std::uint8_t>(std::clamp(negotiated, min_window_bits, max_window_bits));
}

std::size_t bound(std::size_t max_bytes) noexcept {
  return max_bytes == 0 ? std::numeric_limits<std::size_t>::max() / 2 : max_bytes;
}

}  // namespace

struct DeflateCodec::Inflater {
  explicit Inflater(int window_bits) { stream.reset(window_bits); }

  /// What the input is: of the message, or what its sender left out.
  enum class Part : std::uint8_t { message, tail };

  InflateStatus run(Part part, std::span<const std::byte> input, std::size_t limit,
                    std::vector<std::byte>& out);
  bool step_back_to_block(zlib::z_params& state, const std::byte* begin);

  // After each call: a block has just ended and no bits are left over.
  bool at_block_end() const noexcept {
    return (data_type & block_ended) != 0 && (data_type & unused_bits) == 0;
  }

  // Bits of zlib's data_type.
  static constexpr int unused_bits = 63;
  static constexpr int block_ended = 128;

  zlib::inflate_stream stream;
  int data_type = 0;
  bool after_final = false;  // the message ended with a block marked final, as far as it is known yet
};

struct DeflateCodec::Deflater {
  explicit Deflater(int window_bits) : bits(window_bits) {
    stream.reset(zlib::compression::default_size, window_bits, 8, zlib::Strategy::normal);
  }

  void run(std::span<const std::byte> input, std::vector<std::byte>& out);

  zlib::deflate_stream stream;
  int bits;
};

// A block marked final ends zlib's stream (RFC 7692 7.2.3.4), yet more blocks may follow in the message. The
// reader may have taken whole bytes beyond the end; they are given back.
bool DeflateCodec::Inflater::step_back_to_block(zlib::z_params& state, const std::byte* begin) {
  const auto taken = static_cast<const std::byte*>(state.next_in) - begin;
  const int unused = (state.data_type & unused_bits) / 8;
  if (unused > taken) return false;
  state.next_in = static_cast<const std::byte*>(state.next_in) - unused;
  state.avail_in += static_cast<std::size_t>(unused);
  stream.reset();
  return true;
}

InflateStatus DeflateCodec::Inflater::run(Part part, std::span<const std::byte> input, std::size_t limit,
                                          std::vector<std::byte>& out) {
  // Through a small buffer, so that each piece and each block costs what it holds, not what the message does.
  std::array<std::byte, 4096> chunk{};
  zlib::z_params state;
  state.next_in = input.data();
  state.avail_in = input.size();
  for (;;) {
    // One byte above the limit tells a message that ends there from one that goes on.
    const std::size_t room = std::min(chunk.size(), limit - out.size() + 1);
    state.next_out = chunk.data();
    state.avail_out = room;
    const auto* begin = static_cast<const std::byte*>(state.next_in);
    ErrorCode error;
    stream.write(state, zlib::Flush::sync, error);
    const bool ended = error == zlib::error::end_of_stream;
    if (error && !ended && error != zlib::error::need_buffers) return InflateStatus::invalid;
    out.insert(out.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(room - state.avail_out));
    if (out.size() > limit) return InflateStatus::too_large;
    if (ended && !step_back_to_block(state, begin)) return InflateStatus::invalid;
    // The decoder looks some bits ahead, and may see the end of a block only when it is given the tail.
    after_final = ended && state.avail_in == (part == Part::tail ? input.size() : 0);
    // A full chunk: there may be more output for the same input.
    if (after_final || (state.avail_out != 0 && !ended)) break;
  }
  data_type = state.data_type;
  return InflateStatus::ok;
}

void DeflateCodec::Deflater::run(std::span<const std::byte> input, std::vector<std::byte>& out) {
  zlib::z_params state;
  state.next_in = input.data();
  state.avail_in = input.size();
  do {
    // A flush is complete when it leaves room; so little room that the marker is cut would repeat it.
    const std::size_t used = out.size();
    const std::size_t room = stream.upper_bound(state.avail_in) + 16;
    out.resize(used + room);
    state.next_out = out.data() + used;
    state.avail_out = room;
    ErrorCode error;
    stream.write(state, zlib::Flush::sync, error);
    out.resize(used + room - state.avail_out);
  } while (state.avail_out == 0);
}

DeflateCodec::DeflateCodec(Role role, const DeflateParameters& parameters) {
  const bool server = role == Role::server;
  const int ours = server ? parameters.server_max_window_bits : parameters.client_max_window_bits;
  const int theirs = server ? parameters.client_max_window_bits : parameters.server_max_window_bits;
  keep_deflater_ = !(server ? parameters.server_no_context_takeover : parameters.client_no_context_takeover);
  keep_inflater_ = !(server ? parameters.client_no_context_takeover : parameters.server_no_context_takeover);
  deflate_bits_ = window_bits(ours);
  // zlib notices a distance beyond the window only where a message was cut. The largest window takes all of them, however
  // they come; what is kept for each connection shall have no more than was agreed on.
  inflate_bits_ = window_bits(keep_inflater_ ? theirs : max_window_bits);
}

DeflateCodec::~DeflateCodec() = default;

InflateStatus DeflateCodec::inflate(std::span<const std::byte> piece, std::size_t max_bytes,
                                    std::vector<std::byte>& out) {
  if (piece.empty()) return InflateStatus::ok;
  if (!inflater_) inflater_ = std::make_unique<Inflater>(inflate_bits_);
  return inflater_->run(Inflater::Part::message, piece, bound(max_bytes), out);
}

// RFC 7692 7.2.3.4 wants an empty block behind a final one. Not all senders put it there, and others take the message
// without.
InflateStatus DeflateCodec::finish(std::size_t max_bytes, std::vector<std::byte>& out) {
  if (!inflater_) return InflateStatus::invalid;  // not one block
  InflateStatus status = InflateStatus::ok;
  if (!inflater_->after_final)
    status = inflater_->run(Inflater::Part::tail, flush_tail, bound(max_bytes), out);
  const bool complete = std::exchange(inflater_->after_final, false) || inflater_->at_block_end();
  if (status == InflateStatus::ok && !complete) status = InflateStatus::invalid;
  if (!keep_inflater_) inflater_.reset();
  return status;
}

void DeflateCodec::abandon() noexcept { inflater_.reset(); }

// Without context takeover a compressor remembers nothing, so the connections of a thread share one of each
// size.
DeflateCodec::Deflater& DeflateCodec::shared_deflater(int window_bits) {
  auto& deflaters = text::PerThread<std::array<std::unique_ptr<Deflater>, 16>>::get();
  auto& deflater = deflaters[static_cast<std::size_t>(window_bits)];
  if (!deflater) deflater = std::make_unique<Deflater>(window_bits);
  deflater->stream.reset();
  return *deflater;
}

void DeflateCodec::deflate(std::span<const std::byte> message, std::vector<std::byte>& out) {
  if (message.empty()) {
    out.push_back(std::byte{0x00});  // RFC 7692 7.2.3.6; zlib would not flush nothing
    return;
  }
  if (keep_deflater_ && !deflater_) deflater_ = std::make_unique<Deflater>(deflate_bits_);
  Deflater& deflater = keep_deflater_ ? *deflater_ : shared_deflater(deflate_bits_);
  // In pieces, because in Boost 1.81 the symbols of one block can be overwritten by its own output when many
  // distant matches follow each other (CVE-2018-25032). It takes 8738 matches of at least 3 bytes; a piece
  // holds fewer.
  constexpr std::size_t piece_bytes = 16 * 1024;
  for (std::size_t at = 0; at < message.size(); at += piece_bytes) {
    deflater.run(message.subspan(at, std::min(piece_bytes, message.size() - at)), out);
  }
  out.resize(out.size() - flush_tail.size());
}

}  // namespace signaling::websocket
