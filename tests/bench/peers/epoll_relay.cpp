// The limit: what a relay costs that does nothing but what it cannot do without. It parses frames, puts them into the
// buffers of those who get them, and at the end of a tick writes what waits for each socket with one system call. It
// checks no UTF-8, bounds nothing, and believes its clients; nobody should run it for anything else.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sha1_accept.hpp"

namespace {

struct Peer;
using Room = std::vector<Peer*>;

struct Peer {
  int fd = -1;
  SSL* tls = nullptr;
  bool open = false;     ///< the WebSocket handshake is done
  bool dirty = false;    ///< in the list of those to flush
  bool blocked = false;  ///< the socket took no more
  bool ending = false;   ///< closed when all is written
  std::string room;
  Room* members = nullptr;
  std::string in;  ///< of an incomplete frame
  std::string out;
};

class Relay {
 public:
  explicit Relay(SSL_CTX* tls)
      : tls_(tls), epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(std::size_t{256} << 10) {}
  int listen();
  [[noreturn]] void run();

 private:
  void accept_all();
  void readable(Peer& peer);
  long receive(Peer& peer);
  std::size_t parse(Peer& peer, char* data, std::size_t size);
  std::size_t upgrade(Peer& peer, std::string_view bytes);
  void message(Peer& peer, unsigned opcode, std::string_view payload);
  void join(Peer& peer, std::string_view room);
  void leave(Peer& peer);
  void frame(Peer& peer, unsigned opcode, std::string_view payload);
  void flush(Peer& peer);
  long transmit(Peer& peer);
  void end(Peer& peer);
  void mark(Peer& peer) {
    if (!std::exchange(peer.dirty, true)) dirty_.push_back(&peer);
  }
  void watch(Peer& peer, int operation, std::uint32_t events) const {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &peer;
    ::epoll_ctl(epoll_, operation, peer.fd, &event);
  }

  SSL_CTX* tls_;
  int epoll_;
  int listener_ = -1;
  std::vector<char> buffer_;
  std::unordered_map<std::string, Room> rooms_;
  std::vector<Peer*> dirty_;
  std::vector<std::unique_ptr<Peer>> gone_;  ///< deleted at the end of the tick
};

int Relay::listen() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 4096) != 0)
    return -1;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  epoll_event event{};
  event.events = EPOLLIN;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
  return ntohs(address.sin_port);
}

void Relay::run() {
  std::array<epoll_event, 512> events;
  for (;;) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      auto* const peer = static_cast<Peer*>(event.data.ptr);
      if (peer == nullptr) {
        accept_all();
        continue;
      }
      if ((event.events & EPOLLOUT) != 0) mark(*peer);
      if ((event.events & ~EPOLLOUT) != 0 && peer->fd >= 0) readable(*peer);
    }
    for (std::size_t i = 0; i < dirty_.size(); ++i) flush(*dirty_[i]);
    dirty_.clear();
    gone_.clear();
  }
}

void Relay::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    auto* const peer = new Peer;
    peer->fd = fd;
    if (tls_ != nullptr) {
      peer->tls = SSL_new(tls_);
      SSL_set_fd(peer->tls, fd);
      SSL_set_accept_state(peer->tls);
    }
    watch(*peer, EPOLL_CTL_ADD, EPOLLIN);
  }
}

void Relay::readable(Peer& peer) {
  do {
    const long count = receive(peer);
    if (count < 0) return;
    if (count == 0) return end(peer);
    const auto size = static_cast<std::size_t>(count);
    if (peer.in.empty()) {
      const std::size_t used = parse(peer, buffer_.data(), size);
      if (peer.fd >= 0 && used < size) peer.in.assign(buffer_.data() + used, size - used);
    } else {
      std::string pending = std::move(peer.in);
      peer.in = std::string();
      pending.append(buffer_.data(), size);
      const std::size_t used = parse(peer, pending.data(), pending.size());
      if (peer.fd >= 0 && used < pending.size()) peer.in.assign(pending, used);
    }
  } while (peer.tls != nullptr && SSL_pending(peer.tls) > 0);
}

// Negative: not now; 0: the end.
long Relay::receive(Peer& peer) {
  if (peer.tls == nullptr) {
    const ssize_t count = ::recv(peer.fd, buffer_.data(), buffer_.size(), 0);
    return count < 0 && errno != EAGAIN ? 0 : count;
  }
  const int count = SSL_read(peer.tls, buffer_.data(), static_cast<int>(buffer_.size()));
  if (count > 0) return count;
  const int error = SSL_get_error(peer.tls, count);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
}

// How many bytes were whole messages.
std::size_t Relay::parse(Peer& peer, char* data, std::size_t size) {
  std::size_t used = 0;
  if (!peer.open && (used = upgrade(peer, {data, size})) == 0) return 0;
  while (peer.fd >= 0 && size - used >= 6) {
    const auto* const head = reinterpret_cast<const unsigned char*>(data + used);
    std::size_t length = head[1] & 0x7f;
    std::size_t header = 6;
    if (length == 126) {
      header = 8;
      length = std::size_t{head[2]} << 8 | head[3];
    } else if (length == 127) {
      std::exit(1);  // nobody here sends so much
    }
    if (size - used < header + length) break;
    char* const payload = data + used + header;
    std::uint32_t mask;
    std::memcpy(&mask, payload - 4, sizeof(mask));
    const std::uint64_t wide = std::uint64_t{mask} << 32 | mask;
    std::size_t i = 0;
    for (; i + 8 <= length; i += 8) {
      std::uint64_t word;
      std::memcpy(&word, payload + i, 8);
      word ^= wide;
      std::memcpy(payload + i, &word, 8);
    }
    for (; i < length; ++i) payload[i] = static_cast<char>(payload[i] ^ *(payload - 4 + i % 4));
    used += header + length;
    message(peer, head[0] & 0x0f, {payload, length});
  }
  return used;
}

std::size_t Relay::upgrade(Peer& peer, std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  constexpr std::string_view field = "Sec-WebSocket-Key: ";
  const std::size_t key = bytes.find(field);
  if (end == std::string_view::npos || key == std::string_view::npos) return 0;
  peer.out =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Accept: " +
      bench::websocket_accept(bytes.substr(key + field.size(), 24)) + "\r\n\r\n";
  peer.open = true;
  mark(peer);
  return end + 4;
}

void Relay::message(Peer& peer, unsigned opcode, std::string_view payload) {
  if (opcode == 8) {
    frame(peer, 8, payload);
    peer.ending = true;
  } else if (payload.starts_with("J ")) {
    join(peer, payload.substr(2));
    frame(peer, 1, "J");
  } else if (payload == "L") {
    leave(peer);
    frame(peer, 1, "L");
  } else if (peer.members != nullptr) {
    for (Peer* const other : *peer.members) {
      if (other != &peer) frame(*other, opcode, payload);
    }
  }
}

void Relay::join(Peer& peer, std::string_view room) {
  leave(peer);
  peer.room = room;
  peer.members = &rooms_[peer.room];
  peer.members->push_back(&peer);
}

void Relay::leave(Peer& peer) {
  if (peer.members == nullptr) return;
  std::erase(*peer.members, &peer);
  if (peer.members->empty()) rooms_.erase(peer.room);
  peer.members = nullptr;
}

void Relay::frame(Peer& peer, unsigned opcode, std::string_view payload) {
  char head[4] = {static_cast<char>(0x80 | opcode), static_cast<char>(payload.size())};
  std::size_t size = 2;
  if (payload.size() >= 126) {
    head[1] = 126;
    head[2] = static_cast<char>(payload.size() >> 8);
    head[3] = static_cast<char>(payload.size());
    size = 4;
  }
  peer.out.append(head, size).append(payload);
  mark(peer);
}

void Relay::flush(Peer& peer) {
  peer.dirty = false;
  if (peer.fd < 0) return;
  const long count = peer.out.empty() ? 0 : transmit(peer);
  if (count < 0 && errno != EAGAIN) return end(peer);
  const auto taken = static_cast<std::size_t>(std::max(count, 0L));
  const bool all = taken == peer.out.size();
  all ? peer.out.clear() : static_cast<void>(peer.out.erase(0, taken));
  if (all && peer.members == nullptr) peer.out.shrink_to_fit();
  if (peer.blocked == all) watch(peer, EPOLL_CTL_MOD, all ? EPOLLIN : EPOLLIN | EPOLLOUT);
  peer.blocked = !all;
  if (all && peer.ending) end(peer);
}

long Relay::transmit(Peer& peer) {
  if (peer.tls == nullptr) return ::send(peer.fd, peer.out.data(), peer.out.size(), MSG_NOSIGNAL);
  const int count = SSL_write(peer.tls, peer.out.data(), static_cast<int>(peer.out.size()));
  if (count > 0) return count;
  const int error = SSL_get_error(peer.tls, count);
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPIPE;
  return -1;
}

void Relay::end(Peer& peer) {
  if (peer.fd < 0) return;
  leave(peer);
  if (peer.tls != nullptr) SSL_free(std::exchange(peer.tls, nullptr));
  ::close(std::exchange(peer.fd, -1));
  gone_.emplace_back(&peer);
}

SSL_CTX* make_tls(const char* certificate, const char* key) {
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  const bool loaded = SSL_CTX_use_certificate_chain_file(context, certificate) == 1 &&
                      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1;
  if (!loaded) std::exit(2);
  return context;
}

}  // namespace

// epoll_relay [CERTIFICATE KEY]
int main(int argc, char** argv) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  Relay relay(argc == 3 ? make_tls(argv[1], argv[2]) : nullptr);
  const int port = relay.listen();
  if (port < 0) return 1;
  std::printf("listening on 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  relay.run();
}
