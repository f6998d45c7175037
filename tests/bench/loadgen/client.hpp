#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loop.hpp"

namespace bench {

class Client;

class ClientHandler {
 public:
  virtual ~ClientHandler() = default;
  virtual void on_open(Client& client) = 0;
  virtual void on_message(Client& client, std::string_view message) = 0;
  /// The connection is gone; not called after `Client::abort`.
  virtual void on_closed(Client& client, std::string_view why) = 0;
};

/// Where clients connect to.
struct Target {
  std::string host = "127.0.0.1";
  std::vector<std::uint16_t> ports;
  SSL_CTX* tls = nullptr;  ///< none: plain
  std::string path = "/";
  std::string subprotocol;
};

/// One WebSocket client (RFC 6455), as far as a load generator needs it: no extension, no fragments, and the
/// server's answer to the handshake is believed if it says 101.
class Client {
 public:
  /// `place` decides to which of the ports.
  Client(Loop& loop, const Target& target, ClientHandler& handler, std::size_t place)
      : loop_(loop), target_(target), handler_(handler), port_(target.ports[place % target.ports.size()]) {}
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void connect();
  /// For the next connection, in place of the target's.
  void set_path(std::string path) { path_ = std::move(path); }
  /// Leaves at the end of the tick.
  void send(std::string_view text);
  /// Says goodbye with a close frame; ends with `on_closed`.
  void close();
  /// Resets the connection: no port of this machine stays in TIME_WAIT.
  void abort();
  bool is_connected() const { return fd_ >= 0; }

  // For the loop.
  void on_events(std::uint32_t events);
  void flush();

 private:
  enum class State { idle, connecting, tls_handshake, upgrading, open, closing };

  void on_connected();
  void continue_tls();
  void send_upgrade();
  void read();
  long read_some(char* data, std::size_t size);
  long write_some(std::string_view bytes);
  /// How much of the bytes was a whole answer or whole frames.
  std::size_t consume(std::string_view bytes);
  std::size_t consume_upgrade(std::string_view bytes);
  /// False: the connection is gone.
  bool deliver(std::uint8_t opcode, std::string_view payload);
  void queue(std::uint8_t opcode, std::string_view payload);
  void mark();
  void watch_output(bool on);
  void fail(std::string_view why);

  Loop& loop_;
  const Target& target_;
  ClientHandler& handler_;
  std::uint16_t port_;
  std::string path_;  ///< empty: the target's
  State state_ = State::idle;
  int fd_ = -1;
  SSL* ssl_ = nullptr;
  std::uint32_t mask_ = 0x9e3779b9;
  bool marked_ = false;
  bool watches_output_ = false;
  std::uint32_t generation_ = 0;  ///< grows when the socket is closed: whoever still reads from it stops
  std::string rest_;              ///< of a frame that is not complete yet
  std::string out_;
  std::size_t written_ = 0;  ///< of out_
};

}  // namespace bench
