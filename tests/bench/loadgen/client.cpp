#include "client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "frame.hpp"

namespace bench {
namespace {

// All clients read into this; only what is left of an incomplete frame is kept for each.
std::vector<char>& read_buffer() {
  static std::vector<char> buffer(std::size_t{256} << 10);
  return buffer;
}

// One address has not enough ports for all clients, but 127.0.0.0/8 has many addresses.
constexpr std::uint32_t connections_per_source = 10'000;
constexpr std::uint32_t sources = 64;
std::uint32_t number_of_connections = 0;

bool is_loopback(const sockaddr_in& address) { return (ntohl(address.sin_addr.s_addr) >> 24) == 127; }

void bind_source(int fd, std::uint32_t number) {
  const int on = 1;  // the port is chosen when the destination is known, and need not be free for others
  ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + number % sources);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&source), sizeof(source)) != 0) {
    throw std::system_error(errno, std::generic_category(), "bind");
  }
}

}  // namespace

Client::~Client() { abort(); }

void Client::connect() {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, target_.host.c_str(), &address.sin_addr);
  if (is_loopback(address)) bind_source(fd_, number_of_connections++ / connections_per_source);
  address.sin_port = htons(port_);
  const int result = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  if (result != 0 && errno != EINPROGRESS) {
    throw std::system_error(errno, std::generic_category(), "connect");
  }
  state_ = State::connecting;
  watches_output_ = true;
  loop_.watch(fd_, *this, EPOLLIN | EPOLLOUT);
}

void Client::send(std::string_view text) { queue(static_cast<std::uint8_t>(Opcode::text), text); }

void Client::close() {
  if (state_ != State::open) return;
  queue(static_cast<std::uint8_t>(Opcode::close), std::string_view("\x03\xe8", 2));
  state_ = State::closing;
}

void Client::abort() {
  if (fd_ < 0) return;
  ++generation_;
  if (marked_) loop_.forget(*this);
  marked_ = false;
  if (ssl_ != nullptr) SSL_free(std::exchange(ssl_, nullptr));
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  ::close(std::exchange(fd_, -1));
  state_ = State::idle;
  rest_.clear();
  out_.clear();
  written_ = 0;
}

void Client::on_events(std::uint32_t events) {
  if (fd_ < 0) return;
  if (state_ == State::connecting) return on_connected();
  if (state_ == State::tls_handshake) return continue_tls();
  if ((events & EPOLLOUT) != 0) flush();
  if (fd_ >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read();
}

void Client::on_connected() {
  int error = 0;
  socklen_t size = sizeof(error);
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return fail("cannot connect");
  if (target_.tls == nullptr) return send_upgrade();
  ssl_ = SSL_new(target_.tls);
  SSL_set_fd(ssl_, fd_);
  SSL_set_connect_state(ssl_);
  state_ = State::tls_handshake;
  continue_tls();
}

void Client::continue_tls() {
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) return send_upgrade();
  const int error = SSL_get_error(ssl_, result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return fail("TLS handshake failed");
  watch_output(error == SSL_ERROR_WANT_WRITE);
}

void Client::send_upgrade() {
  state_ = State::upgrading;
  out_.append("GET ").append(path_.empty() ? target_.path : path_).append(" HTTP/1.1\r\nHost: bench\r\n");
  out_.append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
  out_.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  if (!target_.subprotocol.empty()) {
    out_.append("Sec-WebSocket-Protocol: ").append(target_.subprotocol).append("\r\n");
  }
  out_.append("\r\n");
  flush();
}

void Client::read() {
  std::vector<char>& buffer = read_buffer();
  const std::uint32_t generation = generation_;
  // TLS gives a record at a time, and what it keeps back makes no socket readable.
  do {
    const long count = read_some(buffer.data(), buffer.size());
    if (count < 0) return;
    if (count == 0) return fail("closed by the server");
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    if (rest_.empty()) {
      const std::size_t used = consume(bytes);
      if (generation != generation_) return;
      rest_.assign(bytes.substr(used));
    } else {
      rest_.append(bytes);
      std::string pending = std::move(rest_);
      rest_.clear();
      const std::size_t used = consume(pending);
      if (generation != generation_) return;
      rest_.assign(pending, used);
    }
  } while (ssl_ != nullptr && SSL_pending(ssl_) > 0);
}

// Negative: nothing there now.
long Client::read_some(char* data, std::size_t size) {
  if (ssl_ == nullptr) {
    const ssize_t count = ::recv(fd_, data, size, 0);
    if (count >= 0) return count;
    return errno == EAGAIN || errno == EINTR ? -1 : 0;
  }
  const int count = SSL_read(ssl_, data, static_cast<int>(size));
  if (count > 0) return count;
  const int error = SSL_get_error(ssl_, count);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

std::size_t Client::consume(std::string_view bytes) {
  const std::uint32_t generation = generation_;
  std::size_t used = 0;
  if (state_ == State::upgrading) {
    used = consume_upgrade(bytes);
    if (used == 0) return 0;
  }
  for (;;) {
    const FrameResult result = parse_frame(bytes.substr(used));
    if (result.broken) {
      fail("a frame that no server may send");
      return used;
    }
    if (!result.frame) return used;
    used += result.frame->size;
    if (!deliver(static_cast<std::uint8_t>(result.frame->opcode), result.frame->payload)) return used;
    if (generation != generation_) return used;
  }
}

std::size_t Client::consume_upgrade(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  if (!bytes.starts_with("HTTP/1.1 101")) {
    fail("the handshake was refused");
    return 0;
  }
  const std::uint32_t generation = generation_;
  state_ = State::open;
  handler_.on_open(*this);
  return generation == generation_ ? end + 4 : 0;
}

bool Client::deliver(std::uint8_t opcode, std::string_view payload) {
  switch (static_cast<Opcode>(opcode)) {
    case Opcode::text:
    case Opcode::binary: handler_.on_message(*this, payload); return true;
    case Opcode::ping: queue(static_cast<std::uint8_t>(Opcode::pong), payload); return true;
    case Opcode::close:
      fail(state_ == State::closing ? "closed" : "closed by the server with a close frame");
      return false;
    case Opcode::pong: return true;
  }
  return true;
}

void Client::queue(std::uint8_t opcode, std::string_view payload) {
  if (fd_ < 0) return;
  mask_ = mask_ * 1664525 + 1013904223;
  append_frame(out_, static_cast<Opcode>(opcode), payload, mask_);
  mark();
}

void Client::mark() {
  if (marked_) return;
  marked_ = true;
  loop_.has_output(*this);
}

void Client::flush() {
  marked_ = false;
  while (fd_ >= 0 && written_ < out_.size()) {
    const long count = write_some(std::string_view(out_).substr(written_));
    if (count == 0) return fail("cannot write");
    if (count < 0) return watch_output(true);
    written_ += static_cast<std::size_t>(count);
  }
  out_.clear();
  written_ = 0;
  if (fd_ >= 0) watch_output(false);
}

// Negative: not now.
long Client::write_some(std::string_view bytes) {
  if (ssl_ == nullptr) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return count;
    return errno == EAGAIN || errno == EINTR ? -1 : 0;
  }
  const int count =
      SSL_write(ssl_, bytes.data(), static_cast<int>(std::min(bytes.size(), std::size_t{1} << 30)));
  if (count > 0) return count;
  const int error = SSL_get_error(ssl_, count);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

void Client::watch_output(bool on) {
  if (on == watches_output_) return;
  watches_output_ = on;
  loop_.change(fd_, *this, on ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

void Client::fail(std::string_view why) {
  abort();
  handler_.on_closed(*this, why);
}

}  // namespace bench
