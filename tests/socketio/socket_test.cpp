// Events, acknowledgements and binary data between one client and the host.
#include "signaling/socketio/socket.hpp"

#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "socketio/server_script.hpp"

using namespace signaling;
using namespace signaling::socketio;
using namespace signaling::socketio::test;

namespace {

std::string text_of(const Arguments& arguments) {
  std::string text;
  for (const Argument& argument : arguments) {
    text += text.empty() ? "" : " ";
    text += argument.is_binary() ? "<" + std::string(argument.bytes()) + ">" : argument.json();
  }
  return text;
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// One client, "ann", in the main namespace.
struct OneClient : ServerScript {
  explicit OneClient(ServerOptions options = {}, RouterOptions router_options = {})
      : ServerScript(std::move(options), std::move(router_options)) {
    server.of("/").on_connection([this](const SocketPtr& socket) { ann = socket; });
    session = &client("ann");
    REQUIRE(ann);
  }
  Lines say(std::string_view packet) {
    ServerScript::say(*session, packet);
    return session->heard();
  }
  Lines heard() {
    run();
    return session->heard();
  }

  SocketPtr ann;
  FakeSession* session = nullptr;
};

auto into(Lines& lines) {
  return [&lines](std::error_code error, const Arguments& arguments) {
    lines.push_back(error ? error.message() : "ok " + text_of(arguments));
  };
}

}  // namespace

TEST_CASE("Socket: the host of the conformance suite takes a dozen lines") {
  ServerScript script;
  for (const char* name : {"/", "/custom"}) {
    Namespace& nsp = script.server.of(name);
    nsp.on_connection([](const SocketPtr& socket) { socket->emit("auth", {socket->handshake().auth}); });
    nsp.on("message", [](const SocketPtr& socket, const Arguments& arguments, const Acknowledge&) {
      socket->emit("message-back", arguments);
    });
    nsp.on("message-with-ack", [](const SocketPtr&, const Arguments& arguments,
                                  const Acknowledge& acknowledge) { acknowledge(arguments); });
  }
  FakeSession& client = script.session("ann");
  script.say(client, R"(0{"token":"123"})");
  CHECK(client.heard() == Lines{R"(0{"sid":"ann"})", R"(2["auth",{"token":"123"}])"});
  script.say(client, "0/custom,");
  CHECK(client.heard().back() == R"(2/custom,["auth",{}])");
  script.say(client, R"(2["message",1,"2",{"3":[true]}])");
  CHECK(client.heard() == Lines{R"(2["message-back",1,"2",{"3":[true]}])"});
  client.say(R"(52-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
  client.say_binary("\x01\x02\x03");
  client.say_binary("\x04");
  script.run();
  CHECK(client.heard() ==
        Lines{R"(52-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])",
              "<\x01\x02\x03>", "<\x04>"});
  script.say(client, R"(2456["message-with-ack",1,"2",{"3":[false]}])");
  CHECK(client.heard() == Lines{R"(3456[1,"2",{"3":[false]}])"});
  client.say(R"(51-/custom,789["message-with-ack",{"_placeholder":true,"num":0}])");
  client.say_binary("xyz");
  script.run();
  CHECK(client.heard() == Lines{R"(61-/custom,789[{"_placeholder":true,"num":0}])", "<xyz>"});
}

TEST_CASE("Socket: handlers get the arguments, and null for those that are not there") {
  Lines calls;
  OneClient script;
  script.ann->on("chat", [&](const Arguments& arguments, const Acknowledge& acknowledge) {
    CHECK(!acknowledge);
    CHECK(acknowledge().error == errc::bad_request);
    calls.push_back(std::to_string(arguments.size()) + " " + arguments[0].json() + " " + arguments[1].json());
  });
  script.say(R"(2["chat"])");
  script.say(R"(2["chat",null])");
  script.say(R"(2["chat", {"a" : 1} ,[2]])");
  script.say(R"(2["unknown"])");
  CHECK(calls == Lines{"0 null null", "1 null null", R"(2 {"a" : 1} [2])"});
}

TEST_CASE("Socket: handlers are called in order: for any event, the namespace's, the socket's") {
  Lines calls;
  OneClient script;
  script.server.of("/").on("a", [&](const SocketPtr& socket, const Arguments&, const Acknowledge&) {
    calls.push_back("namespace " + socket->id());
  });
  script.ann->on("a", [&](const Arguments&, const Acknowledge&) {
    calls.emplace_back("first");
    script.ann->off("a");
    script.ann->on("a", [&](const Arguments&, const Acknowledge&) { calls.emplace_back("new"); });
  });
  script.ann->on("a", [&](const Arguments&, const Acknowledge&) { calls.emplace_back("second"); });
  script.ann->on_any(
      [&](std::string_view event, const Arguments&) { calls.push_back("any " + std::string(event)); });
  script.say(R"(2["a"])");
  CHECK(calls == Lines{"any a", "namespace ann", "first", "second"});
  calls.clear();
  script.say(R"(2["a"])");
  CHECK(calls == Lines{"any a", "namespace ann", "new"});
}

TEST_CASE("Socket: an event is acknowledged once, now or later") {
  Acknowledge kept;
  OneClient script;
  script.ann->on("ask", [&](const Arguments&, const Acknowledge& acknowledge) { kept = acknowledge; });
  CHECK(script.say(R"(27["ask"])").empty());
  REQUIRE(kept);
  CHECK(kept({quote("yes"), 1}).status == SendStatus::sent);
  CHECK(kept().error == errc::bad_request);
  CHECK(script.heard() == Lines{R"(37["yes",1])"});
  script.say(R"(28["ask"])");
  script.session->cut(CloseReason::lost);
  CHECK(kept().status == SendStatus::dropped);
}

TEST_CASE("Socket: what is emitted is checked before it can harm the client") {
  OneClient script;
  CHECK(script.ann->emit("a", {"{\"open\":"}).error == errc::bad_json);
  CHECK(script.ann->emit("a", {"1,2"}).error == errc::bad_json);
  CHECK(script.ann->emit("disconnect").error == errc::bad_request);
  const Arguments forged{R"({"_placeholder":true,"num":5})", Argument::binary(bytes_of("x"))};
  CHECK(script.ann->emit("a", forged).error == errc::bad_request);
  CHECK(script.heard().empty());
  CHECK(script.ann->emit("say \"hi\"\n", {quote("\"\xff"), true, -3}).status == SendStatus::sent);
  CHECK(script.heard() == Lines{"2[\"say \\\"hi\\\"\\n\",\"\\\"\xEF\xBF\xBD\",true,-3]"});
}

TEST_CASE("Socket: binary data of several sources is numbered anew, and sent once") {
  Arguments kept;
  OneClient script;
  script.ann->on("file", [&](const Arguments& arguments, const Acknowledge&) { kept = arguments; });
  script.session->say(
      R"(52-["file","name",{"a":{"_placeholder":true,"num":1},"b":{"num":0,"_placeholder":true}}])");
  script.session->say_binary("zero");
  script.session->say_binary("one");
  REQUIRE(kept.size() == 2);
  CHECK(!kept[1].is_binary());
  CHECK(kept[1].member("a").bytes() == "one");
  CHECK(kept[1].member("b").bytes() == "zero");
  script.ann->emit("f", {Argument::binary(bytes_of("own")), kept[0], kept[1], kept[1].member("a")});
  CHECK(
      script.heard() ==
      Lines{
          R"(53-["f",{"_placeholder":true,"num":0},"name",)"
          R"({"a":{"_placeholder":true,"num":2},"b":{"num":1,"_placeholder":true}},{"_placeholder":true,"num":2}])",
          "<own>", "<zero>", "<one>"});
  script.ann->emit("f", {kept[0]});
  CHECK(script.heard() == Lines{R"(2["f","name"])"});
}

TEST_CASE("Socket: the client acknowledges what was emitted") {
  Lines answers;
  OneClient script;
  script.ann->emit_with_ack("q", {1}, std::chrono::seconds(1), into(answers));
  script.ann->emit_with_ack("q", {2}, std::chrono::seconds(1), into(answers));
  CHECK(script.heard() == Lines{R"(20["q",1])", R"(21["q",2])"});
  script.say("31[\"second\"]");
  script.say("30[]");
  script.say("30[]");
  script.say("399[]");
  CHECK(answers == Lines{R"(ok "second")", "ok "});
}

TEST_CASE(
    "Socket: a coroutine awaits the client's answer, a join and the sockets of a room, or gets the error") {
  using boost::asio::use_awaitable;
  OneClient script;
  Lines lines;
  boost::asio::co_spawn(
      script.ann->executor(),
      [&]() -> boost::asio::awaitable<void> {
        co_await script.ann->join("r", use_awaitable);
        const auto ids = co_await script.server.of("/").fetch_sockets("r", use_awaitable);
        lines.insert(lines.end(), ids.begin(), ids.end());
        lines.push_back(
            text_of(co_await script.ann->emit_with_ack("q", {}, std::chrono::seconds(1), use_awaitable)));
        try {
          co_await script.ann->join("/game,r", use_awaitable);
        } catch (const boost::system::system_error& error) {
          lines.push_back(std::error_code(error.code()).message());
        }
      },
      boost::asio::detached);
  script.run();
  CHECK(lines == Lines{"ann"});
  CHECK(script.heard() == Lines{R"(20["q"])"});
  script.say("30[7]");
  script.run();
  CHECK(lines == Lines{"ann", "7", make_error_code(errc::bad_id).message()});
}

TEST_CASE("Socket: the client acknowledges with binary data") {
  Lines answers;
  OneClient script;
  script.ann->emit_with_ack("q", {Argument::binary(bytes_of("in"))}, std::chrono::seconds(1), into(answers));
  CHECK(script.heard() == Lines{R"(51-0["q",{"_placeholder":true,"num":0}])", "<in>"});
  script.session->say(R"(61-0[{"_placeholder":true,"num":0},7])");
  script.session->say_binary("out");
  CHECK(answers == Lines{"ok <out> 7"});
}

TEST_CASE("Socket: an acknowledgement that takes too long fails, and counts for nothing when it comes") {
  Lines answers;
  OneClient script;
  const std::string timed_out = std::make_error_code(std::errc::timed_out).message();
  script.ann->emit_with_ack("slow", {}, std::chrono::milliseconds(200), into(answers));
  script.ann->emit_with_ack("fast", {}, std::chrono::milliseconds(100), into(answers));
  script.ann->emit_with_ack("forever", {}, std::chrono::milliseconds(0), into(answers));
  CHECK(script.session->deadline() == script.clock.now() + std::chrono::milliseconds(100));
  script.pass(std::chrono::milliseconds(99));
  CHECK(answers.empty());
  script.pass(std::chrono::milliseconds(1));
  CHECK(answers == Lines{timed_out});
  CHECK(script.session->deadline() == script.clock.now() + std::chrono::milliseconds(100));
  script.say("31[]");
  CHECK(answers == Lines{timed_out});
  script.say("30[]");
  CHECK(answers == Lines{timed_out, "ok "});
  script.pass(std::chrono::milliseconds(100));
  CHECK(script.session->deadline() == TimePoint::max());
  script.say("32[true]");
  CHECK(answers == Lines{timed_out, "ok ", "ok true"});
}

TEST_CASE("Socket: waiting acknowledgements are bounded, and fail when the socket goes") {
  ServerOptions options;
  options.max_pending_acks = 1;
  Lines answers;
  OneClient script(options);
  script.ann->emit_with_ack("q", {}, std::chrono::seconds(1), into(answers));
  script.ann->emit_with_ack("q", {}, std::chrono::seconds(1), into(answers));
  CHECK(answers == Lines{make_error_code(errc::overloaded).message()});
  script.session->cut(CloseReason::lost);
  CHECK(answers.size() == 2);
  CHECK(answers.back() == make_error_code(errc::closed).message());
  script.ann->emit_with_ack("q", {}, std::chrono::seconds(1), into(answers));
  CHECK(answers.size() == 3);
  CHECK(answers.back() != "ok ");
}

TEST_CASE("Socket: an exception of a handler puts the socket out, and nobody else") {
  Lines ends;
  ServerScript script;
  script.server.of("/")
      .on_connection([&](const SocketPtr& socket) {
        if (socket->id() == "bad") throw std::runtime_error("at once");
        socket->on_disconnect([&, id = socket->id()](CloseReason reason) {
          ends.push_back(id + " " + std::string(to_string(reason)));
          throw 1;
        });
      })
      .on("boom",
          [&](const SocketPtr&, const Arguments&, const Acknowledge&) { throw std::runtime_error("boom"); })
      .on("fine", [&](const SocketPtr& socket, const Arguments&, const Acknowledge&) {
        ends.push_back(socket->id());
      });
  FakeSession& ann = script.client("ann");
  FakeSession& bob = script.client("bob");
  FakeSession& bad = script.session("bad");
  script.say(bad, "0");
  CHECK(bad.heard() == Lines{R"(0{"sid":"bad"})", "1", "closed: internal"});
  ann.say(R"(2["boom"])");
  ann.say(R"(2["fine"])");
  script.run();
  CHECK(ann.heard() == Lines{"1", "closed: internal"});
  script.say(bob, R"(2["fine"])");
  CHECK(ends == Lines{"ann internal", "bob"});
}

TEST_CASE("Socket: exceptions of handlers go to the log") {
  class Log final : public LogSink {
   public:
    void log(const LogRecord& record) override {
      text += record.event;
      for (const LogField& field : record.fields)
        text.append(" ").append(field.key).append("=").append(field.value);
    }
    std::string text;
  };
  ServerOptions options;
  const auto log = std::make_shared<Log>();
  options.log = log;
  OneClient script(options);
  script.ann->on("boom", [](const Arguments&, const Acknowledge&) { throw std::runtime_error("too bad"); });
  script.say(R"(2["boom"])");
  CHECK(log->text == "handler-failed peer=ann namespace=/ error=too bad");
}

TEST_CASE("Socket: disconnect ends the namespace, or the connection, after what was emitted") {
  Lines ends;
  OneClient script;
  script.ann->on_disconnect([&](CloseReason reason) { ends.emplace_back(to_string(reason)); });
  script.ann->on("late", [&](const Arguments&, const Acknowledge&) { ends.emplace_back("late"); });
  script.ann->emit("bye");
  script.ann->disconnect();
  CHECK(!script.ann->connected());
  script.session->say(R"(2["late"])");
  CHECK(script.heard() == Lines{R"(2["bye"])", "1"});
  CHECK(ends == Lines{"kicked"});
  CHECK(script.ann->emit("more").status == SendStatus::dropped);

  CHECK(script.say("0") == Lines{R"(0{"sid":"ann"})"});
  script.ann->disconnect(Disconnect::connection);
  CHECK(script.heard() == Lines{"1", "closed: kicked"});
}

TEST_CASE("Socket: before its rooms are left it can still speak to them, whoever ends it") {
  const auto how = {"client", "session", "host", "router"};
  for (const std::string way : how) {
    CAPTURE(way);
    OneClient script;
    FakeSession& bob = script.client("bob");
    const SocketPtr ann = script.server.of("/").find("ann");
    REQUIRE(ann);
    script.server.of("/").find("bob")->join("room");
    ann->join("room");
    script.run();
    Lines rooms;
    ann->on_disconnecting([&](CloseReason) {
      rooms = ann->rooms();
      for (const std::string& room : rooms) ann->to(room).emit("left", {quote(ann->id())});
    });
    ann->on_disconnect([&](CloseReason) { CHECK(ann->rooms() == Lines{"ann"}); });
    if (way == "client") script.session->say("1");
    if (way == "session") script.session->cut(CloseReason::timeout);
    if (way == "host") ann->disconnect();
    if (way == "router") script.router.find_peer("ann")->close(CloseReason::replaced);
    script.run();
    CHECK(rooms == Lines{"ann", "room"});
    CHECK(bob.heard() == Lines{R"(2["left","ann"])"});
  }
}

TEST_CASE("Socket: events over the rate wait; how long one may be, Engine.IO decides (Limits)") {
  RouterOptions limits;
  limits.limits.message_burst = 2;
  limits.limits.max_message_bytes = 50;
  int calls = 0;
  OneClient script({}, limits);
  script.ann->on("a", [&](const Arguments&, const Acknowledge&) { ++calls; });
  for (int i = 0; i < 5; ++i) CHECK(script.say(R"(2["a"])").empty());
  CHECK(calls == 2);
  script.pass(std::chrono::seconds(1));
  CHECK(calls == 4);
  script.pass(std::chrono::seconds(1));
  CHECK(calls == 5);
  CHECK(script.say("2[\"a\",\"" + std::string(60, 'x') + "\"]").empty());
  CHECK(calls == 6);
}

TEST_CASE("Socket: handshake tells header, query and auth") {
  SocketPtr socket;
  ServerScript script;
  script.server.of("/").on_connection([&](const SocketPtr& connected) { socket = connected; });
  ConnectInfo info;
  info.target = "/socket.io/?EIO=4&room=a%20b+c&flag&x%3d=1%zz";
  info.headers = {{"user-agent", "test"}};
  script.say(script.session(info), R"(0{"a":{"b":"c"}})");
  REQUIRE(socket);
  const Handshake& handshake = socket->handshake();
  CHECK(handshake.header("user-agent") == "test");
  CHECK(handshake.header("cookie").empty());
  CHECK(handshake.query("room") == "a b c");
  CHECK(handshake.query("flag") == "");
  CHECK(handshake.query("x=") == "1%zz");
  CHECK(!handshake.query("none"));
  CHECK(handshake.auth.member("a").member("b").as_string() == "c");
  CHECK(handshake.auth.member("b").json() == "null");
}

TEST_CASE("Socket: data keeps what the host wants to find again") {
  OneClient script;
  script.ann->data() = std::string("name");
  CHECK(std::any_cast<std::string>(script.server.of("/").find("ann")->data()) == "name");
}
