#include "signaling/websocket/connection.hpp"

#include "websocket/wire_script.hpp"

namespace signaling::websocket {
namespace {

using test::Bytes;
using test::client_frame;
using test::hex;
using test::replay;
using test::server_frame;
using test::to_bytes;
using test::operator+;

// A server's Close frame as ProtocolError puts it into the output.
Bytes close_frame(unsigned code, std::string_view reason) {
  return server_frame(
      0x88, Bytes{static_cast<std::byte>(code >> 8U), static_cast<std::byte>(code)} + to_bytes(reason));
}

// The input breaks a rule at its end.
void replay_violation(const Bytes& input, unsigned code, std::string_view reason, test::Lines before = {},
                      const ConnectionOptions& options = {}) {
  before.push_back("error " + std::to_string(code));
  replay({.options = options, .input = input, .events = before, .output = close_frame(code, reason)});
}

TEST_CASE("connection: the examples arrive (RFC 6455 5.7)") {
  replay({.input = hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"), .events = {"text Hello"}});
  replay({.input = hex("81 05 48 65 6c 6c 6f"), .events = {"text Hello"}, .role = Role::client});
  replay({.input = hex("01 03 48 65 6c 80 02 6c 6f"), .events = {"text Hello"}, .role = Role::client});
  replay({.input = hex("89 85 37 fa 21 3d 7f 9f 4d 51 58"),
          .events = {"ping Hello"},
          .output = hex("8a 05 48 65 6c 6c 6f")});
  replay({.input = hex("8a 85 37 fa 21 3d 7f 9f 4d 51 58"), .events = {"pong Hello"}});
}

TEST_CASE("connection: lengths in all three forms arrive (RFC 6455 5.2)") {
  for (const std::size_t size : {125U, 126U, 300U, 65535U, 65536U}) {
    const Bytes payload(size, std::byte{0xAB});
    Connection connection(Role::server);
    const Bytes frame = client_frame(0x82, payload);
    for (const std::size_t piece : {frame.size(), std::size_t{1000}}) {
      test::Lines events;
      for (std::size_t at = 0; at < frame.size(); at += piece) {
        const auto part = std::span(frame).subspan(at, std::min(piece, frame.size() - at));
        test::receive(connection, Bytes(part.begin(), part.end()), events);
      }
      REQUIRE(events.size() == 1);
      CHECK(events[0] == "binary " + test::to_hex(payload));
    }
  }
}

TEST_CASE("connection: several frames of one read arrive in order, empty ones too") {
  replay({.input = client_frame(0x81, "one") + client_frame(0x82, "") + client_frame(0x81, "") +
                   client_frame(0x82, "\x01\x02"),
          .events = {"text one", "binary ", "text ", "binary 01 02"}});
}

TEST_CASE("connection: control frames may come between fragments (RFC 6455 5.4)") {
  replay({.input = client_frame(0x01, "Hel") + client_frame(0x89, "p") + client_frame(0x00, "") +
                   client_frame(0x8A, "q") + client_frame(0x80, "lo") + client_frame(0x82, "z"),
          .events = {"ping p", "pong q", "text Hello", "binary 7a"},
          .output = server_frame(0x8A, "p")});
}

TEST_CASE("connection: reserved bits and opcodes end it (RFC 6455 5.2)") {
  replay_violation(client_frame(0xC1, "x"), 1002, "a reserved bit is set");
  replay_violation(client_frame(0xA1, "x"), 1002, "a reserved bit is set");
  replay_violation(client_frame(0x91, "x"), 1002, "a reserved bit is set");
  replay_violation(client_frame(0x83, "x"), 1002, "the opcode is reserved");
  replay_violation(client_frame(0x81, "a") + client_frame(0x8B, ""), 1002, "the opcode is reserved",
                   {"text a"});
}

TEST_CASE("connection: control frames are whole and at most 125 bytes (RFC 6455 5.5)") {
  replay_violation(client_frame(0x09, "x"), 1002, "a control frame is fragmented");
  replay_violation(hex("89 fe 00 7e"), 1002, "a control frame is over 125 bytes");
  replay({.input = client_frame(0x8A, std::string(125, 'x')), .events = {"pong " + std::string(125, 'x')}});
}

TEST_CASE("connection: fragments follow a beginning, and no other message (RFC 6455 5.4)") {
  replay_violation(client_frame(0x80, "x"), 1002, "a continuation frame without a first frame");
  replay_violation(client_frame(0x81, "x") + client_frame(0x00, "x"), 1002,
                   "a continuation frame without a first frame", {"text x"});
  replay_violation(client_frame(0x01, "x") + client_frame(0x82, "y"), 1002,
                   "a new message within an unfinished one");
}

TEST_CASE("connection: a client masks, a server does not (RFC 6455 5.1)") {
  replay_violation(server_frame(0x81, "x"), 1002, "a client must mask its frames");
  replay_violation(server_frame(0x89, ""), 1002, "a client must mask its frames");
  test::CountingRandom random;
  ConnectionOptions options;
  options.random = &random;
  Connection client(Role::client, options);
  CHECK(test::receive(client, client_frame(0x81, "x")) == test::Lines{"error 1002"});
}

TEST_CASE("connection: lengths that are not in their shortest form, or negative, end it (RFC 6455 5.2)") {
  replay_violation(hex("82 fe 00 01"), 1002, "a length is not in its shortest form");
  replay_violation(hex("82 ff 00 00 00 00 00 00 00 01"), 1002, "a length is not in its shortest form");
  replay_violation(hex("82 ff ff ff ff ff ff ff ff ff"), 1002, "a length has its highest bit set");
}

TEST_CASE("connection: nothing is looked at behind a violation") {
  replay_violation(client_frame(0x83, "x") + client_frame(0x81, "later") + client_frame(0x88, ""), 1002,
                   "the opcode is reserved");
}

TEST_CASE("connection: invalid UTF-8 ends it with 1007 at the first wrong byte (RFC 6455 8.1)") {
  replay_violation(client_frame(0x81, "\xce\xba\xed\xa0\x80"), 1007, "text is not UTF-8");
  replay_violation(client_frame(0x81, "\xce"), 1007, "text is not UTF-8");
  replay_violation(client_frame(0x01, "\xce") + client_frame(0x80, ""), 1007, "text is not UTF-8");
  // The rest of the frame, and of the message, has not come.
  replay_violation(hex("81 8a 00 00 00 00 ce ba ed a0"), 1007, "text is not UTF-8");
  replay_violation(client_frame(0x01, "\xf4") + hex("80 83 00 00 00 00 90"), 1007, "text is not UTF-8");
}

TEST_CASE("connection: a character may be cut by frames, and binary needs no UTF-8 (RFC 6455 5.6)") {
  replay({.input = client_frame(0x01, "\xf0\x9f") + client_frame(0x00, "\x98") + client_frame(0x80, "\x80"),
          .events = {"text \xf0\x9f\x98\x80"}});
  replay({.input = client_frame(0x82, "\xff\xfe"), .events = {"binary ff fe"}});
}

TEST_CASE("connection: a message that announces too much ends it with 1009, before it is there") {
  ConnectionOptions options;
  options.max_message_bytes = 10;
  replay({.options = options,
          .input = client_frame(0x82, "0123456789"),
          .events = {"binary 30 31 32 33 34 35 36 37 38 39"}});
  replay_violation(hex("82 8b 00 00 00 00"), 1009, "message is too big", {}, options);
  replay_violation(hex("82 ff 7f ff ff ff ff ff ff ff 00 00 00 00"), 1009, "message is too big", {}, options);
  replay_violation(client_frame(0x02, "01234") + hex("00 86 00 00 00 00"), 1009, "message is too big", {},
                   options);
  // The sum may not wrap around.
  replay_violation(client_frame(0x02, "01234") + hex("00 ff 7f ff ff ff ff ff ff ff 00 00 00 00"), 1009,
                   "message is too big", {}, options);
}

TEST_CASE("connection: without a bound a message may be of any size") {
  ConnectionOptions options;
  options.max_message_bytes = 0;
  Connection connection(Role::server, options);
  CHECK(test::receive(connection, client_frame(0x82, std::string(300 * 1024, 'x'))).size() == 1);
}

TEST_CASE("connection: fragments are counted, empty ones too") {
  ConnectionOptions options;
  options.max_fragments = 3;
  const Bytes start = client_frame(0x01, "");
  const Bytes more = client_frame(0x00, "");
  replay({.options = options, .input = start + more + client_frame(0x80, "x"), .events = {"text x"}});
  replay_violation(start + more + more + more, 1008, "a message has too many fragments", {}, options);
  // Each message has a count of its own.
  const Bytes three = start + more + client_frame(0x80, "x");
  replay({.options = options, .input = three + three, .events = {"text x", "text x"}});
}

TEST_CASE("connection: a whole frame is delivered where it lies, without a copy") {
  Connection connection(Role::server);
  Bytes buffer = client_frame(0x82, "abc") + client_frame(0x81, "def");
  connection.receive(buffer);
  const auto first = connection.poll_event();
  CHECK(std::get<Message>(*first).payload.data() == buffer.data() + 6);
  const auto second = connection.poll_event();
  CHECK(std::get<Message>(*second).payload.data() == buffer.data() + 6 + 3 + 6);
}

TEST_CASE("connection: each ping is answered, in order (RFC 6455 5.5.2)") {
  Bytes pings;
  Bytes pongs;
  test::Lines events;
  for (int i = 0; i < 32; ++i) {
    pings = pings + client_frame(0x89, std::to_string(i));
    pongs = pongs + server_frame(0x8A, std::to_string(i));
    events.push_back("ping " + std::to_string(i));
  }
  replay({.input = pings, .events = events, .output = pongs});
}

TEST_CASE("connection: of more pings than that the latest is answered (RFC 6455 5.5.3)") {
  Connection connection(Role::server);
  Bytes pings;
  for (int i = 0; i < 1000; ++i) pings = pings + client_frame(0x89, std::to_string(i));
  CHECK(test::receive(connection, pings).size() == 1000);
  Bytes pongs;
  for (int i = 0; i < 31; ++i) pongs = pongs + server_frame(0x8A, std::to_string(i));
  pongs = pongs + server_frame(0x8A, "999");

  // One that is partly sent is finished first, and makes room for another.
  connection.consume_output(1);
  (void)test::receive(connection, client_frame(0x89, "a") + client_frame(0x89, "b"));
  CHECK(test::to_hex(test::take_output(connection)) ==
        test::to_hex(Bytes(pongs.begin() + 1, pongs.end()) + server_frame(0x8A, "b")));
}

TEST_CASE("connection: the Close frame after a violation need not say why") {
  ConnectionOptions options;
  options.error_reasons = false;
  replay({.options = options,
          .input = client_frame(0x83, "x"),
          .events = {"error 1002"},
          .output = close_frame(1002, "")});
}

TEST_CASE("connection: it is in a message from the first frame to the end of the last") {
  Connection connection(Role::server);
  const auto in_message_after = [&](const Bytes& bytes) {
    (void)test::receive(connection, bytes);
    return connection.in_message();
  };
  CHECK_FALSE(connection.in_message());
  CHECK_FALSE(in_message_after(client_frame(0x81, "whole")));
  CHECK_FALSE(in_message_after(hex("81")));
  CHECK(in_message_after(hex("82 00 00 00 00 61")));
  CHECK_FALSE(in_message_after(hex("62")));
  CHECK(in_message_after(client_frame(0x01, "a")));
  CHECK(in_message_after(client_frame(0x89, "ping")));
  CHECK(in_message_after(client_frame(0x00, "")));
  CHECK_FALSE(in_message_after(client_frame(0x80, "b")));
}

TEST_CASE("connection: output is consumed across frames, and no further") {
  Connection connection(Role::server);
  (void)test::receive(connection, client_frame(0x89, "abc"));
  connection.ping(to_bytes("xyz"));
  connection.ping(to_bytes("later"));
  connection.close();
  connection.consume_output(5 + 3);
  CHECK(test::to_hex(connection.output()) == test::to_hex(Bytes(to_bytes("ater"))));
  connection.consume_output(1000);
  CHECK(connection.output().empty());
}

TEST_CASE("connection: a ping is cut at 125 bytes (RFC 6455 5.5)") {
  Connection connection(Role::server);
  connection.ping(Bytes(200, std::byte{'x'}));
  CHECK(test::to_hex(test::take_output(connection)) ==
        test::to_hex(server_frame(0x89, std::string(125, 'x'))));
}

TEST_CASE("connection: a client masks all it sends, with a new key each time (RFC 6455 5.3)") {
  test::CountingRandom random;
  ConnectionOptions options;
  options.random = &random;
  Connection client(Role::client, options);
  CHECK(client.encodes());
  Bytes out;
  CHECK(client.encode_message(MessageKind::text, Bytes(3), out));
  CHECK(test::to_hex(out) == "81 83 01 02 03 04 01 02 03");
  client.ping(Bytes(1));
  CHECK(test::to_hex(test::take_output(client)) == "89 81 05 06 07 08 05");
  CHECK_THROWS_AS(Connection{Role::client}, std::invalid_argument);
}

TEST_CASE("connection: a server's messages are the bytes of the shared frame") {
  Connection server(Role::server);
  CHECK_FALSE(server.encodes());
  for (const std::size_t size : {0U, 125U, 126U, 65535U, 65536U}) {
    const std::string text(size, 'x');
    Bytes out = to_bytes("before");
    CHECK(server.encode_message(MessageKind::text, to_bytes(text), out));
    const Frame frame = Frame::text(text);
    CHECK((out == to_bytes("before") + Bytes(frame.wire().begin(), frame.wire().end())));
  }
}

}  // namespace
}  // namespace signaling::websocket
