#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <future>
#include <mutex>
#include <optional>

#include "net/support/client.hpp"
#include "net/support/test_server.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;
using namespace std::chrono_literals;

namespace {

void echo_request(const HttpRequest& request, const HttpResponder& responder) {
  responder.send(HttpResponse::text(200, request.method + ' ' + request.path + " [" + request.body + ']'));
}

void add_echo(Server& server) {
  server.route("*", "/echo", echo_request);
  server.route("*", "/echo/*", echo_request);
  server.route("GET", "/only-get", echo_request);
  server.route("POST", "/small", echo_request, {.max_body_bytes = 4});
}

// Keeps responders for the test to answer.
class Deferred {
 public:
  HttpHandler handler() {
    return [this](const HttpRequest&, const HttpResponder& responder) {
      responder.on_abort([this] { aborted_.set_value(); });
      arrived_.set_value(responder);
    };
  }
  HttpResponder wait() { return arrived_.get_future().get(); }
  bool aborted() { return aborted_.get_future().wait_for(10s) == std::future_status::ready; }

 private:
  std::promise<HttpResponder> arrived_;
  std::promise<void> aborted_;
};

}  // namespace

TEST_CASE("http server: each kind of request gets its status (RFC 9110 15)") {
  TestServer server(add_echo);
  struct Case {
    std::string request;
    unsigned status;
    std::string body;
  };
  const std::string host = " HTTP/1.1\r\nHost: a\r\n";
  const std::vector<Case> cases{
      {"GET /healthz" + host + "\r\n", 200, "ok\n"},
      {"GET /echo" + host + "\r\n", 200, "GET /echo []"},
      {"DELETE /echo/a%20b?x" + host + "\r\n", 200, "DELETE /echo/a b []"},
      {"POST /echo" + host + "Content-Length: 3\r\n\r\nabc", 200, "POST /echo [abc]"},
      {"POST /echo" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200,
       "POST /echo [abc]"},
      {"GET /missing" + host + "\r\n", 404, "Not Found\n"},
      {"GET /echo%zz" + host + "\r\n", 400, "Bad Request\n"},
      {"BREW /echo" + host + "\r\n", 501, "Not Implemented\n"},
      {"TRACE /echo" + host + "\r\n", 501, "Not Implemented\n"},
      {"POST /only-get" + host + "Content-Length: 0\r\n\r\n", 405, "Method Not Allowed\n"},
      {"POST /small" + host + "Content-Length: 4\r\n\r\nabcd", 200, "POST /small [abcd]"},
      {"POST /small" + host + "Content-Length: 5\r\n\r\nabcde", 413, ""},
      {"POST /small" + host + "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n", 413, ""},
      {"POST /echo" + host + "Content-Length: 70000\r\n\r\n", 413, ""},
      {"GET / HTTP/1.1\r\n\r\n", 400, "Bad Request\n"},
      {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505, "HTTP Version Not Supported\n"},
      {"GET /" + std::string(17'000, 'x') + host + "\r\n", 431, "Request Header Fields Too Large\n"},
      {"OPTIONS *" + host + "\r\n", 204, ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.request);
    Client client(server.endpoint());
    client.send(c.request);
    const Response response = client.receive_response();
    CHECK(response.status == c.status);
    CHECK(response.body == c.body);
    CHECK(response.header("date").size() == 29);
    CHECK(response.header("server") == "signaling");
  }
  CHECK(server.server().stats().headers_too_large == 1);
  CHECK(server.server().stats().bodies_too_large == 3);
}

TEST_CASE("http server: 405 tells what is allowed (RFC 9110 15.5.6)") {
  TestServer server(add_echo);
  Client client(server.endpoint());
  client.send("DELETE /only-get HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.receive_response().header("allow") == "GET, HEAD");
}

TEST_CASE("http server: HEAD gets the head of GET, without the body (RFC 9110 9.3.2)") {
  TestServer server(add_echo);
  Client client(server.endpoint());
  client.send("HEAD /only-get HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
  const Response head = client.receive_response("HEAD");
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == "17");
  CHECK(client.receive_response().body == "ok\n");
}

TEST_CASE("http server: pipelined requests are answered in order (RFC 9112 9.3.2)") {
  TestServer server(add_echo);
  Client client(server.endpoint());
  std::string requests;
  for (int i = 0; i < 50; ++i) {
    requests += "POST /echo/" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
  }
  client.send(requests);
  for (int i = 0; i < 50; ++i)
    CHECK(client.receive_response().body == "POST /echo/" + std::to_string(i) + " [x]");
}

TEST_CASE("http server: requests cut at every byte are answered all the same") {
  TestServer server(add_echo);
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
  Client client(server.endpoint());
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    client.send(request.substr(0, cut));
    client.send(request.substr(cut));
    REQUIRE(client.receive_response().body == "POST /echo [ab]");
  }
}

TEST_CASE("http server: the connection closes when the request or an error says so, and not otherwise") {
  TestServer server(add_echo);
  struct Case {
    std::string_view request;
    bool closes;
  };
  for (const Case& c : {Case{"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n", false},
                        Case{"GET /missing HTTP/1.1\r\nHost: a\r\n\r\n", false},
                        Case{"GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true},
                        Case{"GET /echo HTTP/1.0\r\n\r\n", true}, Case{"nonsense\r\n\r\n", true}}) {
    CAPTURE(c.request);
    Client client(server.endpoint());
    client.send(c.request);
    const Response response = client.receive_response();
    CHECK(response.header("connection") == (c.closes ? "close" : ""));
    if (c.closes) {
      CHECK(client.receive().empty());
    } else {
      CHECK(client.get("/healthz").status == 200);
    }
  }
}

TEST_CASE(
    "http server: who expects 100-continue gets it, or the refusal, before the body (RFC 9110 10.1.1)") {
  TestServer server(add_echo);
  Client client(server.endpoint());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.receive_response().status == 100);
  client.send("ab");
  CHECK(client.receive_response().body == "POST /echo [ab]");
  client.send("POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
  CHECK(client.receive_response().status == 413);
}

TEST_CASE("http server: an answer may come later, from any thread, and the next request waits for it") {
  Deferred deferred;
  TestServer server([&](Server& s) {
    add_echo(s);
    s.route("GET", "/later", deferred.handler());
  });
  Client client(server.endpoint());
  client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\nGET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  const HttpResponder responder = deferred.wait();
  responder.send(HttpResponse::text(200, "now"));
  responder.send(HttpResponse::text(500, "ignored"));
  CHECK(client.receive_response().body == "now");
  CHECK(client.receive_response().body == "GET /echo []");
}

TEST_CASE("http server: requests that come one by one behind an open one are all kept, in order") {
  Deferred deferred;
  TestServer server([&](Server& s) {
    add_echo(s);
    s.route("GET", "/later", deferred.handler());
  });
  Client client(server.endpoint());
  Client other(server.endpoint());
  client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  const HttpResponder responder = deferred.wait();
  for (int i = 0; i < 5; ++i) {
    client.send("GET /echo/" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    // Once this is answered, the one thread of the server has seen the request above, if it looks at it.
    CHECK(other.get("/healthz").status == 200);
  }
  responder.send(HttpResponse::text(200, "now"));
  CHECK(client.receive_response().body == "now");
  for (int i = 0; i < 5; ++i) {
    CHECK(client.receive_response().body == "GET /echo/" + std::to_string(i) + " []");
  }
}

TEST_CASE("http server: all that was sent before the client closed its direction is read and answered") {
  TestServer server(
      [](Server& s) { s.route("POST", "/large", echo_request, {.max_body_bytes = 8'000'000}); });
  for (const std::size_t size : {0UL, 1UL, 65'536UL, 5'000'000UL}) {
    CAPTURE(size);
    Client client(server.endpoint());
    client.send("POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
                std::string(size, 'x'));
    client.shut_down_write();
    CHECK(client.receive_response().body.size() == size + 14);
    CHECK(client.receive().empty());
  }
}

TEST_CASE("http server: a handler learns that its client is gone, and may answer all the same") {
  for (const bool reset : {false, true}) {
    Deferred deferred;
    TestServer server([&](Server& s) { s.route("GET", "/later", deferred.handler()); });
    auto client = std::make_unique<Client>(server.endpoint());
    client->send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    const HttpResponder responder = deferred.wait();
    if (reset) client->reset();
    client.reset();
    CHECK(deferred.aborted());
    responder.send(HttpResponse::text(200, "too late"));
  }
}

TEST_CASE("http server: a request that nobody answers, or whose handler throws, gets a 500") {
  TestServer server([](Server& s) {
    s.route("GET", "/forgets", [](const HttpRequest&, const HttpResponder&) {});
    s.route("GET", "/throws",
            [](const HttpRequest&, const HttpResponder&) { throw std::runtime_error("x"); });
    s.route("GET", "/throws-oddly", [](const HttpRequest&, const HttpResponder&) { throw 7; });
    s.route("GET", "/splits", [](const HttpRequest&, const HttpResponder& responder) {
      responder.send({200, {{"X", "a\r\nInjected: b"}}, "body"});
    });
  });
  Client client(server.endpoint());
  for (const char* path : {"/forgets", "/throws", "/throws-oddly", "/splits"}) {
    CAPTURE(path);
    const Response response = client.get(path);
    CHECK(response.status == 500);
    CHECK(response.header("injected").empty());
  }
}

TEST_CASE("http server: handlers see the request as it was") {
  std::promise<HttpRequest> seen;
  TestServer server(
      [&](Server& s) {
        s.route("GET", "/see", [&](const HttpRequest& request, const HttpResponder& responder) {
          seen.set_value(request);
          HttpResponse response = HttpResponse::json(200, "{}");
          for (auto& field : cors_headers(request)) response.headers.push_back(std::move(field));
          responder.send(std::move(response));
        });
      },
      {.allowed_origins = {"https://app.example"}});
  Client client(server.endpoint());
  const Response response = client.get("/see?a=%41&b", "X-Thing: 1\r\nOrigin: https://app.example\r\n");
  const HttpRequest request = seen.get_future().get();
  CHECK(request.method == "GET");
  CHECK(request.target == "/see?a=%41&b");
  CHECK(request.query == "a=%41&b");
  CHECK(request.query_value("a") == "A");
  CHECK(request.header("x-thing") == "1");
  CHECK(request.remote_address == "127.0.0.1");
  CHECK_FALSE(request.secure);
  CHECK(response.header("access-control-allow-origin") == "https://app.example");
  CHECK(response.header("access-control-allow-credentials") == "true");
  CHECK(response.header("vary") == "Origin");
  CHECK(response.header("content-type") == "application/json");
}

TEST_CASE("http server: the longest matching path answers, an exact one first") {
  const auto answer = [](std::string text) {
    return [text = std::move(text)](const HttpRequest&, const HttpResponder& responder) {
      responder.send(HttpResponse::text(200, text));
    };
  };
  TestServer server([&](Server& s) {
    s.route("GET", "/*", answer("all"));
    s.route("GET", "/a/*", answer("a"));
    s.route("GET", "/a/b/*", answer("ab"));
    s.route("GET", "/a/b/c", answer("abc"));
    s.route("GET", "/healthz", answer("mine"));
  });
  Client client(server.endpoint());
  CHECK(client.get("/").body == "all");
  CHECK(client.get("/a").body == "all");
  CHECK(client.get("/a/x").body == "a");
  CHECK(client.get("/a/b/x").body == "ab");
  CHECK(client.get("/a/b/c").body == "abc");
  CHECK(client.get("/healthz").body == "mine");
}

TEST_CASE("http server: a head that does not come in time ends the connection, with 408 if it had begun") {
  TestServer server(add_echo, {.handshake_timeout = 200ms, .http_idle_timeout = 200ms});
  Client silent(server.endpoint());
  CHECK(silent.receive().empty());
  Client slow(server.endpoint());
  slow.send("GET /echo HTTP/1.1\r\nHost");
  CHECK(slow.receive_response().status == 408);
  CHECK(server.server().stats().handshake_timeouts == 2);
  Client without_body(server.endpoint());
  without_body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  CHECK(without_body.receive_response().status == 408);
  Client idle(server.endpoint());
  CHECK(idle.get("/echo").status == 200);
  CHECK(idle.receive().empty());
  CHECK(server.server().stats().handshake_timeouts == 2);
  CHECK(server.server().stats().http_timeouts == 2);
}

TEST_CASE("http server: the time for a body is that for an idle client, on a connection of any age") {
  TestServer server(add_echo, {.handshake_timeout = 100ms, .http_idle_timeout = 300ms});
  Client client(server.endpoint());
  CHECK(client.get("/echo").status == 200);
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\na");
  CHECK(client.receive_response().status == 408);
  CHECK(server.server().stats().handshake_timeouts == 0);
  CHECK(server.server().stats().http_timeouts == 1);

  TestServer patient(add_echo, {.handshake_timeout = 0ms, .http_idle_timeout = 100ms});
  Client late(patient.endpoint());
  CHECK(late.get("/echo").status == 200);
  late.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\na");
  CHECK(late.receive_response().status == 408);
}

TEST_CASE("http server: an answer that comes after its client has gone is lost, and says so") {
  std::promise<HttpResponder> kept;
  std::promise<void> aborted;
  TestServer server([&](Server& s) {
    s.route("GET", "/later", [&](const HttpRequest&, const HttpResponder& responder) {
      responder.on_abort([&] { aborted.set_value(); });
      kept.set_value(responder);
    });
  });
  {
    Client client(server.endpoint());
    client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
    const HttpResponder responder = kept.get_future().get();
    client.reset();
    aborted.get_future().get();
    std::promise<AnswerFate> fate;
    responder.send(HttpResponse::text(200, "late"), {{}, [&](AnswerFate what) { fate.set_value(what); }});
    auto told = fate.get_future();
    REQUIRE(told.wait_for(10s) == std::future_status::ready);
    CHECK(told.get() == AnswerFate::lost);
  }
}

TEST_CASE(
    "http server: of an answer that is read slowly, each part that leaves is told, and then that all has "
    "left") {
  const std::string body(50'000'000, 'x');
  std::size_t parts = 0;
  std::promise<std::size_t> all;
  TestServer server([&](Server& s) {
    s.route("GET", "/large", [&](const HttpRequest&, const HttpResponder& responder) {
      auto bytes = std::make_shared<std::size_t>(0);
      const auto progress = [&parts, bytes](std::size_t more) {
        ++parts;
        *bytes += more;
      };
      const auto left = [&all, bytes](AnswerFate fate) {
        all.set_value(fate == AnswerFate::sent ? *bytes : 0);
      };
      responder.send(HttpResponse::text(200, body), {progress, left});
    });
  });
  Client client(server.endpoint());
  CHECK(client.get("/large").body.size() == body.size());
  auto told = all.get_future();
  REQUIRE(told.wait_for(10s) == std::future_status::ready);
  CHECK(told.get() > body.size());
  CHECK(parts > 1);
}

TEST_CASE("http server: times as long as a clock can tell are as good as none") {
  constexpr auto longest = std::chrono::milliseconds::max();
  TestServer server(add_echo, {.handshake_timeout = longest,
                               .first_message_timeout = longest,
                               .http_idle_timeout = longest,
                               .ping_interval = longest,
                               .ping_timeout = longest,
                               .close_timeout = longest});
  Client client(server.endpoint());
  for (int i = 0; i < 3; ++i) CHECK(client.get("/only-get").status == 200);
  CHECK(server.server().stats().handshake_timeouts == 0);
  CHECK(server.server().stats().http_timeouts == 0);
}

TEST_CASE("http server: a drip of bytes does not prolong the time for the head") {
  TestServer server(add_echo, {.handshake_timeout = 300ms});
  Client client(server.endpoint());
  client.send("GET /echo HTTP/1.1\r\nX: ");
  // Far fewer than a head may have, and over ten times as long as one may take.
  int bytes = 0;
  while (bytes < 200 && !client.has_come_within(20ms)) {
    (void)client.try_send("x");
    ++bytes;
  }
  CHECK(bytes < 200);
  CHECK(client.receive_response().status == 408);
}

TEST_CASE("http server: a client that does not read a large answer is dropped after a while") {
  TestServer server(
      [](Server& s) {
        s.route("GET", "/large", [](const HttpRequest&, const HttpResponder& responder) {
          responder.send(HttpResponse::text(200, std::string(64 << 20, 'x')));
        });
      },
      {.http_idle_timeout = 300ms});
  Client client(server.endpoint());
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  std::promise<void> gone;
  std::thread watcher([&] {
    while (server.server().connections() != 0) std::this_thread::yield();
    gone.set_value();
  });
  // The connection has to be there before it can be gone.
  CHECK(client.receive_bytes(100).size() == 100);
  CHECK(gone.get_future().wait_for(10s) == std::future_status::ready);
  watcher.join();
}
