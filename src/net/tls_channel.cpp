// Path 1/8 and 8/8, over TLS.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "net/channel.hpp"

namespace signaling::net {
namespace {

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL: a client that is gone would end the host by SIGPIPE.
int fd_of(BIO* bio) noexcept { return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio))); }

int socket_result(BIO* bio, ssize_t count, int retry_flags, std::size_t* done) noexcept {
  BIO_clear_retry_flags(bio);
  if (count > 0) {
    *done = static_cast<std::size_t>(count);
    return 1;
  }
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    BIO_set_flags(bio, retry_flags | BIO_FLAGS_SHOULD_RETRY);
  }
  return 0;
}

int socket_read(BIO* bio, char* data, std::size_t size, std::size_t* done) {
  return socket_result(bio, ::recv(fd_of(bio), data, size, 0), BIO_FLAGS_READ, done);
}

int socket_write(BIO* bio, const char* data, std::size_t size, std::size_t* done) {
  return socket_result(bio, ::send(fd_of(bio), data, size, MSG_NOSIGNAL), BIO_FLAGS_WRITE, done);
}

long socket_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (made == nullptr) throw std::bad_alloc();
    BIO_meth_set_read_ex(made, socket_read);
    BIO_meth_set_write_ex(made, socket_write);
    BIO_meth_set_ctrl(made, socket_control);
    return made;
  }();
  return method;
}

}  // namespace

void FreeSsl::operator()(ssl_st* ssl) const noexcept { SSL_free(ssl); }

Channel::Channel(UniqueFd fd, SslPointer ssl) : fd_(std::move(fd)), ssl_(std::move(ssl)) {
  BIO* const bio = BIO_new(socket_method());
  if (bio == nullptr) throw std::bad_alloc();
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the number itself travels in OpenSSL's pointer
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd_.get())));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

IoStatus Channel::tls_status(int result) noexcept {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return IoStatus::would_block;
  return error == SSL_ERROR_ZERO_RETURN ? IoStatus::end : IoStatus::failed;
}

IoStatus Channel::handshake() {
  if (!ssl_) return IoStatus::ok;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  wants_write_ = SSL_want_write(ssl_.get()) != 0;
  if (result != 1) return tls_status(result);
  // What came in the same segment behind the handshake is in OpenSSL's buffer, not in the kernel's.
  pending_ = SSL_has_pending(ssl_.get()) != 0;
  return IoStatus::ok;
}

IoResult Channel::tls_read(std::span<std::byte> buffer) {
  std::size_t total = 0;
  IoStatus status = IoStatus::ok;
  // OpenSSL gives one record at a time, but reads ahead: the records behind it are invisible to the poller.
  do {
    std::size_t count = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), buffer.data() + total, buffer.size() - total, &count);
    if (result != 1) status = tls_status(result);
    total += count;
  } while (status == IoStatus::ok && total < buffer.size() && SSL_has_pending(ssl_.get()) != 0);
  const bool blocked = status == IoStatus::would_block;
  wants_write_ = blocked && SSL_want_write(ssl_.get()) != 0;
  if (total == 0) {
    pending_ = false;
    return {status, 0};
  }
  // The end that came behind the data is told by the next read, which nobody else would cause.
  pending_ = !blocked && (status != IoStatus::ok || SSL_has_pending(ssl_.get()) != 0);
  return {IoStatus::ok, total};
}

IoResult Channel::tls_write(const iovec& piece) {
  std::size_t count = 0;
  ERR_clear_error();
  const int result =
      SSL_write_ex(ssl_.get(), piece.iov_base, std::min(piece.iov_len, tls_record_size), &count);
  if (result == 1) return {IoStatus::ok, count};
  return {tls_status(result), 0};
}

void Channel::shut_down_write() noexcept {
  if (ssl_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  ::shutdown(fd_.get(), SHUT_WR);
}

void Channel::close() noexcept {
  // close_notify, if there is room for it: without it the client cannot tell the end from an attack (RFC 8446
  // 6.1).
  if (ssl_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  ssl_.reset();
  fd_.reset();
}

}  // namespace signaling::net
