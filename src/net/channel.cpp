// Path 1/8 and 8/8: bytes between the kernel and the process. Next: net/connection.cpp.
#include "net/channel.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace signaling::net {
namespace {

IoStatus failure_status() noexcept {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? IoStatus::would_block : IoStatus::failed;
}

IoResult write_result(ssize_t count) noexcept {
  if (count >= 0) return {IoStatus::ok, static_cast<std::size_t>(count)};
  return {failure_status(), 0};
}

}  // namespace

IoResult Channel::read(std::span<std::byte> buffer) {
  if (ssl_) return tls_read(buffer);
  const ssize_t count = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (count > 0) return {IoStatus::ok, static_cast<std::size_t>(count)};
  return {count == 0 ? IoStatus::end : failure_status(), 0};
}

IoResult Channel::write(std::span<const iovec> pieces) {
  if (ssl_) return tls_write(pieces.front());
  // MSG_NOSIGNAL: a client that is gone is an error here, not the death of the host by SIGPIPE.
  if (pieces.size() == 1) {
    return write_result(::send(fd_.get(), pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL));
  }
  msghdr message{};
  // POSIX forgot the const: sendmsg does not write there.
  message.msg_iov = const_cast<iovec*>(pieces.data());
  message.msg_iovlen = pieces.size();
  return write_result(::sendmsg(fd_.get(), &message, MSG_NOSIGNAL));
}

}  // namespace signaling::net
