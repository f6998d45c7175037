#include "websocket/wire_script.hpp"

namespace signaling::websocket {
namespace {

using test::Bytes;
using test::client_frame;
using test::hex;
using test::Lines;
using test::replay;
using test::server_frame;
using test::to_bytes;
using test::operator+;

Bytes close_payload(unsigned code, std::string_view reason = "") {
  return Bytes{static_cast<std::byte>(code >> 8U), static_cast<std::byte>(code)} + to_bytes(reason);
}

TEST_CASE("close: the peer's code is echoed (RFC 6455 5.5.1)") {
  replay({.input = client_frame(0x88, close_payload(1000, "bye")),
          .events = {"closed 1000 bye by peer"},
          .output = hex("88 02 03 e8")});
  replay({.input = client_frame(0x88, ""), .events = {"closed 1005  by peer"}, .output = hex("88 00")});
  replay({.input =
              client_frame(0x81, "a") + client_frame(0x88, close_payload(4999)) + client_frame(0x81, "late"),
          .events = {"text a", "closed 4999  by peer"},
          .output = hex("88 02 13 87")});
}

TEST_CASE("close: a reason of 123 bytes arrives") {
  const std::string reason(123, 'r');
  replay({.input = client_frame(0x88, close_payload(3000, reason)),
          .events = {"closed 3000 " + reason + " by peer"},
          .output = hex("88 02 0b b8")});
}

TEST_CASE("close: half a code, and codes that may not be sent, are violations (RFC 6455 5.5.1, 7.4)") {
  replay({.input = client_frame(0x88, "x"),
          .events = {"error 1002"},
          .output = server_frame(0x88, close_payload(1002, "a Close frame has an incomplete code"))});
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U}) {
    INFO(code);
    replay({.input = client_frame(0x88, close_payload(code)),
            .events = {"error 1002"},
            .output = server_frame(0x88, close_payload(1002, "a Close frame has an invalid code"))});
  }
}

TEST_CASE("close: a reason that is not UTF-8 is a violation (RFC 6455 5.5.1)") {
  for (const std::string_view reason : {"\xff", "ok\xce"}) {
    replay({.input = client_frame(0x88, close_payload(1000, reason)),
            .events = {"error 1007"},
            .output = server_frame(0x88, close_payload(1007, "a close reason is not UTF-8"))});
  }
}

TEST_CASE("close: it ends a message that is not complete") {
  replay({.input = client_frame(0x01, "never") + client_frame(0x88, close_payload(1001)),
          .events = {"closed 1001  by peer"},
          .output = hex("88 02 03 e9")});
}

// A server that has closed first, with what the peer sends afterwards in all cuts.
void replay_after_close(const Bytes& before, const Bytes& after, const Lines& events) {
  for (std::size_t cut = 0; cut <= after.size(); ++cut) {
    INFO("cut at " << cut);
    Connection connection(Role::server);
    Lines seen;
    test::receive(connection, before, seen);
    connection.close(CloseCode::going_away, "restart");
    CHECK(connection.state() == ConnectionState::closing);
    const auto middle = after.begin() + static_cast<std::ptrdiff_t>(cut);
    test::receive(connection, Bytes(after.begin(), middle), seen);
    test::receive(connection, Bytes(middle, after.end()), seen);
    CHECK(test::to_block(seen) == test::to_block(events));
    CHECK(test::to_hex(test::take_output(connection)) ==
          test::to_hex(server_frame(0x88, close_payload(1001, "restart"))));
  }
}

TEST_CASE("close: after our Close frame, what comes before the peer's is read and dropped (RFC 6455 1.4)") {
  const Bytes answer = client_frame(0x88, close_payload(1001));
  replay_after_close({}, answer, {"closed 1001  by us"});
  replay_after_close({},
                     client_frame(0x81, "late") + client_frame(0x89, "p") + client_frame(0x8A, "q") + answer,
                     {"closed 1001  by us"});
  replay_after_close(
      {}, client_frame(0x01, "la") + client_frame(0x89, "") + client_frame(0x80, "te\xff") + answer,
      {"closed 1001  by us"});
  // In the middle of a message, and of a frame.
  replay_after_close(client_frame(0x01, "la"), client_frame(0x80, "te") + answer, {"closed 1001  by us"});
  replay_after_close(hex("82 82 00 00 00 00 01"), hex("02") + answer, {"closed 1001  by us"});
}

TEST_CASE("close: while it waits, sizes are not bounded, but frames still have rules") {
  replay_after_close({}, hex("82 ff 00 00 00 ff ff ff ff ff 00 00 00 00 01 02"), {});
  replay_after_close({}, client_frame(0x83, ""), {"error 1002"});
  replay_after_close({}, client_frame(0x80, ""), {"error 1002"});
  replay_after_close({}, client_frame(0x88, close_payload(1005)), {"error 1002"});
}

TEST_CASE("close: no message, ping or second Close is sent afterwards (RFC 6455 5.5.1)") {
  Connection connection(Role::server);
  connection.close(CloseCode::normal);
  connection.close(CloseCode::going_away);
  connection.ping();
  Bytes out;
  CHECK_FALSE(connection.encode_message(MessageKind::text, to_bytes("x"), out));
  CHECK(out.empty());
  (void)test::receive(connection, client_frame(0x89, "p"));
  CHECK(test::to_hex(test::take_output(connection)) == "88 02 03 e8");
}

TEST_CASE("close: what waits is sent before it") {
  Connection connection(Role::server);
  (void)test::receive(connection, client_frame(0x89, "p"));
  connection.close(CloseCode::normal);
  CHECK(test::to_hex(test::take_output(connection)) == "8a 01 70 88 02 03 e8");
}

TEST_CASE("close: a code that may not be sent means a frame without one (RFC 6455 7.4.1)") {
  for (const CloseCode code : {CloseCode::no_status, CloseCode::abnormal, CloseCode::tls_failure}) {
    Connection connection(Role::server);
    connection.close(code, "reason");
    CHECK(test::to_hex(test::take_output(connection)) == "88 00");
  }
}

TEST_CASE("close: our reason is cut at a character, and left out if it is no UTF-8") {
  const auto reason_of = [](std::string_view reason) {
    Connection connection(Role::server);
    connection.close(static_cast<CloseCode>(4000), reason);
    const Bytes frame = test::take_output(connection);
    return test::to_text(std::span(frame).subspan(4));
  };
  CHECK(reason_of(std::string(200, 'a')) == std::string(123, 'a'));
  CHECK(reason_of(std::string(122, 'a') + "\xc3\xa4") == std::string(122, 'a'));
  CHECK(reason_of(std::string(121, 'a') + "\xc3\xa4") == std::string(121, 'a') + "\xc3\xa4");
  CHECK(reason_of("\xff") == "");
}

TEST_CASE("close: the end of the transport without a Close frame is not clean (RFC 6455 7.1.5)") {
  Connection connection(Role::server);
  CHECK(test::receive(connection, client_frame(0x01, "half")).empty());
  connection.receive_end();
  CHECK(test::receive(connection, {}) == Lines{"closed 1006  by peer unclean"});
  CHECK(connection.state() == ConnectionState::closed);
  CHECK(test::take_output(connection).empty());
  CHECK(test::receive(connection, client_frame(0x81, "x")).empty());
}

TEST_CASE("close: what was received before the end of the transport comes first") {
  Connection connection(Role::server);
  Bytes bytes = client_frame(0x81, "last") + client_frame(0x88, "");
  connection.receive(bytes);
  connection.receive_end();
  Lines events;
  while (const auto event = connection.poll_event()) events.push_back(test::describe(*event));
  CHECK(test::to_block(events) == "text last\nclosed 1005  by peer\n");
}

TEST_CASE("close: a peer that never answers our Close frame") {
  Connection connection(Role::server);
  connection.close();
  connection.receive_end();
  CHECK(test::receive(connection, {}) == Lines{"closed 1006  by us unclean"});
}

TEST_CASE("close: a closed connection ignores everything") {
  Connection connection(Role::server);
  CHECK(test::receive(connection, client_frame(0x88, "")).size() == 1);
  (void)test::take_output(connection);
  CHECK(connection.state() == ConnectionState::closed);
  CHECK(test::receive(connection, client_frame(0x83, "")).empty());
  connection.receive_end();
  connection.close();
  connection.ping();
  CHECK(test::receive(connection, {}).empty());
  CHECK(connection.output().empty());
}

TEST_CASE("close: may be called while a message is handled, whose bytes stay") {
  Connection connection(Role::server);
  Bytes first = client_frame(0x01, "Hel");
  Bytes second = client_frame(0x80, "lo") + client_frame(0x81, "late");
  (void)test::receive(connection, first);
  connection.receive(second);
  const auto event = connection.poll_event();
  connection.close();
  CHECK(test::describe(*event) == "text Hello");
  CHECK_FALSE(connection.poll_event());
}

}  // namespace
}  // namespace signaling::websocket
