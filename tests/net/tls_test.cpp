#include <doctest/doctest.h>

#include <memory>

#include "net/support/certificate.hpp"
#include "net/support/client.hpp"
#include "net/support/test_server.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;
using namespace std::chrono_literals;

namespace {

class EchoHandler final : public WebSocketHandler {
 public:
  void on_open(std::shared_ptr<WebSocket> socket) override { socket_ = std::move(socket); }
  void on_message(const MessageView& message) override { socket_->send(Frame::text(message.bytes)); }
  void on_closed(CloseReason) override {}

 private:
  std::shared_ptr<WebSocket> socket_;
};

// A plain listener comes for free; the TLS one is opened on top.
struct TlsServer {
  explicit TlsServer(std::vector<TlsFiles> certificates, ServerOptions options = {})
      : server(
            [](Server& s) {
              s.route("*", "/echo", [](const HttpRequest& request, const HttpResponder& responder) {
                responder.send(HttpResponse::text(200, request.body));
              });
              s.route("GET", "/secure", [](const HttpRequest& request, const HttpResponder& responder) {
                responder.send(HttpResponse::text(200, request.secure ? "yes" : "no"));
              });
              s.websocket("/ws",
                          RawWebSocketRoute{.settings = {}, .accept = [](const HttpRequest&) {
                                              return WebSocketDecision(std::make_unique<EchoHandler>());
                                            }});
            },
            [&] {
              options.max_body_bytes = 0;
              return std::move(options);
            }()) {
    const auto result = server.server().listen_tls("127.0.0.1", 0, std::move(certificates));
    REQUIRE_MESSAGE(result, result.error());
    endpoint = *result;
  }

  TestServer server;
  boost::asio::ip::tcp::endpoint endpoint;
};

}  // namespace

TEST_CASE("tls: 1.2 and 1.3 are spoken, 1.1 is not (RFC 8996)") {
  const TemporaryFolder folder;
  TlsServer server({make_certificate(folder, "a.example", "a")});
  for (const auto& [version, name] :
       {std::pair{TLS1_3_VERSION, "TLSv1.3"}, std::pair{TLS1_2_VERSION, "TLSv1.2"}}) {
    Client client(server.endpoint, {.server_name = {}, .max_version = version});
    CHECK(client.tls_version() == name);
    CHECK(client.get("/secure").body == "yes");
    CHECK(client.get("/healthz").body == "ok\n");
  }
  CHECK_THROWS_AS(Client(server.endpoint, {.server_name = {}, .max_version = TLS1_1_VERSION}),
                  std::runtime_error);
}

TEST_CASE("tls: what is larger than a record, and than the socket takes, arrives whole in both directions") {
  const TemporaryFolder folder;
  TlsServer server({make_certificate(folder, "a.example", "a")});
  Client client(server.endpoint, TlsClientOptions{});
  std::string body(10'000'000, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + (i * i) % 26);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n");
  client.send(body);
  CHECK(client.receive_response().body == body);
  CHECK(client.get("/healthz").status == 200);
}

TEST_CASE("tls: many messages in one segment are all read, though the kernel has nothing more to tell") {
  const TemporaryFolder folder;
  TlsServer server({make_certificate(folder, "a.example", "a")});
  WebSocketClient client(std::make_unique<Client>(server.endpoint, TlsClientOptions{}), "/ws");
  std::string messages;
  for (int i = 0; i < 200; ++i)
    messages += WebSocketClient::frame(0x1, std::string(300, 'x') + std::to_string(i));
  client.client().send(messages);
  for (int i = 0; i < 200; ++i) REQUIRE(client.receive_text() == std::string(300, 'x') + std::to_string(i));
}

TEST_CASE("tls: the certificate is chosen by the name the client asks for (RFC 6066 3)") {
  const TemporaryFolder folder;
  TlsServer server({make_certificate(folder, "a.example", "a"), make_certificate(folder, "b.example", "b")});
  for (const auto& [asked, shown] : {std::pair{"a.example", "a.example"}, std::pair{"b.example", "b.example"},
                                     std::pair{"c.example", "a.example"}, std::pair{"", "a.example"}}) {
    Client client(server.endpoint, {.server_name = asked, .max_version = TLS1_3_VERSION});
    CHECK(client.server_common_name() == shown);
    CHECK(client.get("/healthz").status == 200);
  }
}

TEST_CASE("tls: of certificates for one name the client's algorithms choose, with or without its name") {
  const TemporaryFolder folder;
  TlsServer server({make_certificate(folder, "a.example", "a-rsa", KeyType::rsa),
                    make_certificate(folder, "b.example", "b"),
                    make_certificate(folder, "a.example", "a-ec")});
  struct Case {
    const char* name;
    const char* signatures;
    const char* shown;
    int type;
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const Case& c : {Case{"a.example", "RSA-PSS+SHA256:RSA+SHA256", "a.example", EVP_PKEY_RSA},
                          Case{"a.example", "ECDSA+SHA256", "a.example", EVP_PKEY_EC},
                          Case{"", "RSA-PSS+SHA256:RSA+SHA256", "a.example", EVP_PKEY_RSA},
                          Case{"", "ECDSA+SHA256", "a.example", EVP_PKEY_EC},
                          Case{"b.example", "", "b.example", EVP_PKEY_EC}}) {
      CAPTURE(version);
      CAPTURE(c.name);
      CAPTURE(c.signatures);
      Client client(server.endpoint,
                    {.server_name = c.name, .max_version = version, .signatures = c.signatures});
      CHECK(client.server_common_name() == c.shown);
      CHECK(client.server_key_type() == c.type);
      CHECK(client.get("/healthz").status == 200);
    }
  }
}

TEST_CASE("tls: certificates are replaced without dropping connections") {
  const TemporaryFolder folder;
  const TlsFiles files = make_certificate(folder, "old.example", "x");
  TlsServer server({files});
  Client before(server.endpoint, TlsClientOptions{});
  make_certificate(folder, "new.example", "x");
  REQUIRE(server.server.server().reload_tls());
  Client after(server.endpoint, TlsClientOptions{});
  CHECK(before.server_common_name() == "old.example");
  CHECK(after.server_common_name() == "new.example");
  CHECK(before.get("/healthz").status == 200);
  CHECK(after.get("/healthz").status == 200);

  const TlsFiles other = make_certificate(folder, "other.example", "y");
  CHECK(server.server.server().reload_tls({other}));
  CHECK(Client(server.endpoint, TlsClientOptions{}).server_common_name() == "other.example");

  folder.write("y.crt", "nonsense");
  CHECK(server.server.server().reload_tls().error().message.find("y.crt") != std::string::npos);
  CHECK(Client(server.endpoint, TlsClientOptions{}).server_common_name() == "other.example");
}

TEST_CASE("tls: what is wrong with the files is told by name") {
  const TemporaryFolder folder;
  const TlsFiles good = make_certificate(folder, "a.example", "good");
  const TlsFiles other = make_certificate(folder, "a.example", "other");
  const auto nonsense = folder.write("nonsense.pem", "nonsense");
  struct Case {
    TlsFiles files;
    std::string expected;
  };
  boost::asio::io_context context;
  Router router;
  Server server(router, {.executors = {context.get_executor()}});
  for (const Case& c :
       {Case{{folder.path() / "missing.crt", good.private_key}, "missing.crt\": No such file"},
        Case{{good.certificate_chain, folder.path() / "missing.key"}, "missing.key\": No such file"},
        Case{{folder.path(), good.private_key}, "is a directory"},
        Case{{nonsense, good.private_key}, "nonsense.pem\" is not usable"},
        Case{{good.certificate_chain, nonsense}, "nonsense.pem\" is not usable"},
        Case{{good.certificate_chain, other.private_key}, "other.key\" does not belong to"}}) {
    const auto result = server.listen_tls("127.0.0.1", 0, c.files);
    CHECK_FALSE(result);
    CHECK_MESSAGE(result.error().message.find(c.expected) != std::string::npos, result.error());
  }
  CHECK(server.listen_tls("127.0.0.1", 0, std::vector<TlsFiles>{}).error().message ==
        "no certificate is given");
}

TEST_CASE("tls: a handshake that does not come in time, or is none, ends the connection") {
  const TemporaryFolder folder;
  TlsServer server({make_certificate(folder, "a.example", "a")}, {.tls_timeout = 200ms});
  Client silent(server.endpoint);
  CHECK(silent.receive_all().empty());
  CHECK(server.server.server().stats().tls_timeouts == 1);
  Client plain(server.endpoint);
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  plain.receive_all();
  CHECK(Client(server.endpoint, TlsClientOptions{}).get("/healthz").status == 200);
}
