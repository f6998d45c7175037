#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "net/unique_fd.hpp"

struct ssl_st;

namespace signaling::net {

enum class IoStatus : std::uint8_t {
  ok,
  would_block,
  end,     ///< the other side has closed its direction
  failed,  ///< the connection is broken
};

struct IoResult {
  IoStatus status = IoStatus::ok;
  std::size_t bytes = 0;
};

struct FreeSsl {
  void operator()(ssl_st* ssl) const noexcept;
};
using SslPointer = std::unique_ptr<ssl_st, FreeSsl>;

/// A connected non-blocking socket, plain or with TLS on top, so that everything above is the same code.
///
/// Ownership: the descriptor. Threads: one at a time.
/// Errors: a broken connection is a status; after it, and after `end`, reading gives the same again.
class Channel {
 public:
  explicit Channel(UniqueFd fd) noexcept : fd_(std::move(fd)) {}
  Channel(UniqueFd fd, SslPointer ssl);

  int fd() const noexcept { return fd_.get(); }
  bool secure() const noexcept { return ssl_ != nullptr; }

  /// Goes on with the TLS handshake: `ok` when it is done. `would_block`: call again when the socket is
  /// ready.
  IoStatus handshake();
  /// One read from the kernel into `buffer`.
  IoResult read(std::span<std::byte> buffer);
  /// There is more to read of which the kernel, and so the poller, knows nothing.
  bool pending() const noexcept { return pending_; }
  /// The handshake, or the last read, has to write before it can go on: repeat it when the socket is
  /// writable.
  bool wants_write() const noexcept { return wants_write_; }
  /// Writes the pieces, or a part of them. TLS takes one piece of at most `tls_record_size` at a time; after
  /// `would_block` it must be offered the same bytes again, more of them if there are.
  IoResult write(std::span<const iovec> pieces);
  /// Tells the other side that nothing more will come.
  void shut_down_write() noexcept;
  /// Ends the connection and frees everything.
  void close() noexcept;

  static constexpr std::size_t tls_record_size = 16 * 1024;

 private:
  IoResult tls_read(std::span<std::byte> buffer);
  IoResult tls_write(const iovec& piece);
  IoStatus tls_status(int result) noexcept;

  UniqueFd fd_;
  bool pending_ = false;
  bool wants_write_ = false;
  SslPointer ssl_;
};

}  // namespace signaling::net
