#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/unique_fd.hpp"

namespace signaling::net::testing {

/// What came back for one request.
struct Response {
  unsigned status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  std::string header(std::string_view name) const;
};

struct TlsClientOptions {
  /// Sent as SNI; empty: none.
  std::string server_name{};
  int max_version = TLS1_3_VERSION;
  /// As for SSL_set1_sigalgs_list; empty: all.
  std::string signatures{};
};

/// A client that blocks. Throws std::runtime_error when nothing comes for ten seconds, so that a test fails
/// and does not hang.
class Client {
 public:
  explicit Client(const boost::asio::ip::tcp::endpoint& server);
  Client(const boost::asio::ip::tcp::endpoint& server, const TlsClientOptions& tls);
  ~Client();

  int fd() const noexcept { return fd_.get(); }
  void send(std::string_view bytes);
  /// Without waiting: how many bytes the kernel took.
  std::size_t try_send(std::string_view bytes);
  /// Whether within that time something has come, or the server has closed.
  bool has_come_within(std::chrono::milliseconds time);
  void shut_down_write();
  /// Closes so that the server gets a reset.
  void reset();

  /// What comes next; empty: the server has closed.
  std::string receive();
  std::string receive_bytes(std::size_t count);
  /// Everything up to the end.
  std::string receive_all();
  /// `method`: of the request that is answered.
  Response receive_response(std::string_view method = "GET");
  /// Sends a GET and reads the answer.
  Response get(std::string_view target, std::string_view more_headers = {});

  /// The common name of the server's certificate.
  std::string server_common_name() const;
  std::string tls_version() const;
  /// EVP_PKEY_RSA or EVP_PKEY_EC.
  int server_key_type() const;

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };

  UniqueFd fd_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string buffer_;
};

/// A WebSocket client on top: frames by hand, so that it can also break the rules.
class WebSocketClient {
 public:
  /// Does the handshake; throws if the answer is not 101.
  WebSocketClient(const boost::asio::ip::tcp::endpoint& server, std::string_view target,
                  std::string_view more_headers = {});
  WebSocketClient(std::unique_ptr<Client> client, std::string_view target,
                  std::string_view more_headers = {});

  static std::string handshake(std::string_view target, std::string_view more_headers = {});

  struct Frame {
    unsigned opcode = 0;
    std::string payload;
    /// Of a Close frame.
    unsigned close_code() const;
  };

  void send_text(std::string_view text) { send_frame(0x1, text); }
  void send_frame(unsigned opcode, std::string_view payload);
  static std::string frame(unsigned opcode, std::string_view payload);
  /// Nothing: the server has closed.
  std::optional<Frame> receive_frame();
  /// The next text message; pings in between are answered.
  std::string receive_text();
  /// Reads up to the Close frame, answers it, and waits for the end. Returns its code; 0: there was none.
  unsigned receive_close();

  Client& client() noexcept { return *client_; }
  const Response& response() const noexcept { return response_; }

 private:
  std::unique_ptr<Client> client_;
  Response response_;
};

}  // namespace signaling::net::testing
