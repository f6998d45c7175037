#include "net/support/client.hpp"

#include <netinet/tcp.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "signaling/text/ascii.hpp"

namespace signaling::net::testing {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

}  // namespace

std::string Response::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (field == name) return value;
  }
  return {};
}

Client::Client(const boost::asio::ip::tcp::endpoint& server)
    : fd_(::socket(server.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const timeval timeout{10, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_.get(), server.data(), static_cast<socklen_t>(server.size())) != 0) fail("cannot connect");
}

Client::Client(const boost::asio::ip::tcp::endpoint& server, const TlsClientOptions& tls) : Client(server) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, 0);
  SSL_CTX_set_max_proto_version(context, tls.max_version);
  SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  ssl_.reset(SSL_new(context));
  SSL_CTX_free(context);
  SSL_set_fd(ssl_.get(), fd_.get());
  if (!tls.server_name.empty()) SSL_set_tlsext_host_name(ssl_.get(), tls.server_name.c_str());
  if (!tls.signatures.empty()) SSL_set1_sigalgs_list(ssl_.get(), tls.signatures.c_str());
  if (SSL_connect(ssl_.get()) != 1) fail("the TLS handshake failed");
}

Client::~Client() = default;

void Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20));
    const ssize_t sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), size)
                              : ::send(fd_.get(), bytes.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent <= 0) fail("cannot send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::size_t Client::try_send(std::string_view bytes) {
  const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

bool Client::has_come_within(std::chrono::milliseconds time) {
  pollfd descriptor{fd_.get(), POLLIN, 0};
  return !buffer_.empty() || ::poll(&descriptor, 1, static_cast<int>(time.count())) != 0;
}

void Client::shut_down_write() {
  if (ssl_) SSL_shutdown(ssl_.get());
  ::shutdown(fd_.get(), SHUT_WR);
}

void Client::reset() {
  const linger immediately{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &immediately, sizeof immediately);
  fd_.reset();
}

std::string Client::receive() {
  if (!buffer_.empty()) return std::exchange(buffer_, {});
  std::array<char, 65536> chunk{};
  const ssize_t count = ssl_ ? SSL_read(ssl_.get(), chunk.data(), static_cast<int>(chunk.size()))
                             : ::recv(fd_.get(), chunk.data(), chunk.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) fail("nothing came for ten seconds");
  return count > 0 ? std::string(chunk.data(), static_cast<std::size_t>(count)) : std::string();
}

std::string Client::receive_bytes(std::size_t count) {
  std::string bytes = std::exchange(buffer_, {});
  while (bytes.size() < count) {
    const std::string more = receive();
    if (more.empty()) return bytes;
    bytes += more;
  }
  buffer_ = bytes.substr(count);
  bytes.resize(count);
  return bytes;
}

std::string Client::receive_all() {
  std::string all;
  for (std::string more = receive(); !more.empty(); more = receive()) all += more;
  return all;
}

Response Client::receive_response(std::string_view method) {
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const std::string more = receive();
    if (more.empty()) return {};
    head += more;
  }
  const std::size_t end = head.find("\r\n\r\n") + 4;
  buffer_ = head.substr(end);
  head.resize(end - 2);
  Response response;
  response.status = static_cast<unsigned>(std::stoul(head.substr(9, 3)));
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    const std::string line = head.substr(at, line_end - at);
    const std::size_t colon = line.find(": ");
    response.headers.emplace_back(text::to_lower(line.substr(0, colon)), line.substr(colon + 2));
    at = line_end + 2;
  }
  const std::string length = response.header("content-length");
  if (!length.empty() && method != "HEAD") response.body = receive_bytes(std::stoul(length));
  return response;
}

Response Client::get(std::string_view target, std::string_view more_headers) {
  send("GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n" + std::string(more_headers) + "\r\n");
  return receive_response();
}

std::string Client::server_common_name() const {
  X509* const certificate = SSL_get0_peer_certificate(ssl_.get());
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
  return name.data();
}

int Client::server_key_type() const {
  return EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(ssl_.get())));
}

std::string Client::tls_version() const { return SSL_get_version(ssl_.get()); }

WebSocketClient::WebSocketClient(const boost::asio::ip::tcp::endpoint& server, std::string_view target,
                                 std::string_view more_headers)
    : WebSocketClient(std::make_unique<Client>(server), target, more_headers) {}

WebSocketClient::WebSocketClient(std::unique_ptr<Client> client, std::string_view target,
                                 std::string_view more_headers)
    : client_(std::move(client)) {
  client_->send(handshake(target, more_headers));
  response_ = client_->receive_response();
  if (response_.status != 101) fail("the handshake was answered with " + std::to_string(response_.status));
}

std::string WebSocketClient::handshake(std::string_view target, std::string_view more_headers) {
  return "GET " + std::string(target) +
         " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
         std::string(more_headers) + "\r\n";
}

unsigned WebSocketClient::Frame::close_code() const {
  if (payload.size() < 2) return 1005;
  return static_cast<unsigned char>(payload[0]) * 256U + static_cast<unsigned char>(payload[1]);
}

std::string WebSocketClient::frame(unsigned opcode, std::string_view payload) {
  constexpr std::array<char, 4> key{'\x11', '\x22', '\x33', '\x44'};
  std::string bytes(1, static_cast<char>(0x80 | opcode));
  if (payload.size() < 126) {
    bytes += static_cast<char>(0x80 | payload.size());
  } else {
    const bool wide = payload.size() > 0xFFFF;
    bytes += static_cast<char>(wide ? 0xFF : 0xFE);
    for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8)
      bytes += static_cast<char>(payload.size() >> shift);
  }
  bytes.append(key.data(), key.size());
  for (std::size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ key[i % 4]);
  return bytes;
}

void WebSocketClient::send_frame(unsigned opcode, std::string_view payload) {
  client_->send(frame(opcode, payload));
}

std::optional<WebSocketClient::Frame> WebSocketClient::receive_frame() {
  const std::string head = client_->receive_bytes(2);
  if (head.size() < 2) return std::nullopt;
  Frame frame{static_cast<unsigned>(head[0]) & 0x0FU, {}};
  std::size_t size = static_cast<unsigned char>(head[1]);
  if (size >= 126) {
    const std::string length = client_->receive_bytes(size == 126 ? 2 : 8);
    size = 0;
    for (const char byte : length) size = size * 256 + static_cast<unsigned char>(byte);
  }
  frame.payload = client_->receive_bytes(size);
  return frame;
}

std::string WebSocketClient::receive_text() {
  while (const auto frame = receive_frame()) {
    if (frame->opcode == 0x1) return frame->payload;
    if (frame->opcode == 0x9) send_frame(0xA, frame->payload);
    if (frame->opcode == 0x8) fail("closed with " + std::to_string(frame->close_code()));
  }
  fail("the connection ended");
}

unsigned WebSocketClient::receive_close() {
  while (const auto frame = receive_frame()) {
    if (frame->opcode != 0x8) continue;
    send_frame(0x8, frame->payload);
    client_->receive_all();
    return frame->close_code();
  }
  return 0;
}

}  // namespace signaling::net::testing
