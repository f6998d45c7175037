#include <random>

#include "websocket/wire_script.hpp"

namespace signaling::websocket {
namespace {

using test::Bytes;
using test::client_frame;
using test::hex;
using test::replay;
using test::to_bytes;
using test::operator+;

ConnectionOptions deflating(const DeflateParameters& parameters = {}) {
  ConnectionOptions options;
  options.deflate = parameters;
  options.compress_from_bytes = 0;
  return options;
}

// One message of `payload` compressed bytes.
Bytes compressed(std::string_view payload) { return client_frame(0xC1, hex(payload)); }

// The last event is an error, in all cuts.
void replay_error(const Bytes& input, const test::Lines& events,
                  const ConnectionOptions& options = deflating()) {
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    INFO("cut at " << cut);
    Connection connection(Role::server, options);
    const auto middle = input.begin() + static_cast<std::ptrdiff_t>(cut);
    test::Lines seen;
    test::receive(connection, Bytes(input.begin(), middle), seen);
    test::receive(connection, Bytes(middle, input.end()), seen);
    CHECK(test::to_block(seen) == test::to_block(events));
  }
}

TEST_CASE("deflate: the examples arrive (RFC 7692 7.2.3)") {
  const std::string hello = "f2 48 cd c9 c9 07 00";
  replay({.options = deflating(), .input = compressed(hello), .events = {"text Hello"}});
  replay({.options = deflating(),
          .input = client_frame(0x41, hex("f2 48 cd")) + client_frame(0x80, hex("c9 c9 07 00")),
          .events = {"text Hello"}});
  // Sharing the window, stored, marked final, in two blocks, empty.
  replay({.options = deflating(),
          .input = compressed(hello) + compressed("f2 00 11 00 00"),
          .events = {"text Hello", "text Hello"}});
  replay({.options = deflating(),
          .input = compressed("00 05 00 fa ff 48 65 6c 6c 6f 00"),
          .events = {"text Hello"}});
  replay({.options = deflating(), .input = compressed("f3 48 cd c9 c9 07 00 00"), .events = {"text Hello"}});
  replay({.options = deflating(),
          .input = compressed("f2 48 05 00 00 00 ff ff ca c9 c9 07 00"),
          .events = {"text Hello"}});
  replay({.options = deflating(), .input = compressed("00"), .events = {"text "}});
}

TEST_CASE("deflate: messages go on behind a block marked final (RFC 7692 7.2.3.4)") {
  const Bytes final_block = compressed("f3 48 cd c9 c9 07 00 00");
  const Bytes two_final_blocks = compressed("f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 00");
  replay({.options = deflating(),
          .input = final_block + two_final_blocks + compressed("f2 48 cd c9 c9 07 00"),
          .events = {"text Hello", "text HelloHello", "text Hello"}});
}

// zlib notices it only where the message is cut, and what is cut where is up to the network.
TEST_CASE("deflate: a distance beyond the window that was agreed on is taken, however the message is cut") {
  std::string letters;
  for (int i = 0; i < 600; ++i) letters += static_cast<char>('a' + i % 26);
  const Bytes stored = hex("00 58 02 a7 fd") + to_bytes(letters);
  const Bytes three_from_590_before = hex("02 a6 26 00 00");
  DeflateParameters small;
  small.client_max_window_bits = 9;
  small.client_no_context_takeover = true;
  replay({.options = deflating(small),
          .input = client_frame(0x41, stored) + client_frame(0x80, three_from_590_before),
          .events = {"text " + letters + "klm"}});
}

// The bytes as one block with the fixed code (RFC 1951 3.2.6), marked final.
Bytes final_block(const Bytes& bytes) {
  Bytes block;
  std::size_t bits = 0;
  const auto put = [&](unsigned bit) {
    if (bits++ % 8 == 0) block.push_back(std::byte{0});
    block.back() |= static_cast<std::byte>(bit << (bits - 1) % 8);
  };
  const auto put_code = [&](unsigned code, unsigned length) {
    while (length-- > 0) put(code >> length & 1U);
  };
  put(1);  // final
  put(1);  // type 01, lowest bit first
  put(0);
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    if (value < 144) {
      put_code(0x30 + value, 8);
    } else {
      put_code(0x190 + value - 144, 9);
    }
  }
  put_code(0, 7);  // end of block
  return block;
}

TEST_CASE("deflate: a final block may end at any bit, and another follow in the same message") {
  for (std::size_t size = 0; size <= 8; ++size) {
    const Bytes block = final_block(Bytes(size, std::byte{0xFF}));
    const std::string expected = "binary " + test::to_hex(Bytes(2 * size, std::byte{0xFF}));
    replay({.options = deflating(),
            .input = client_frame(0xC2, block + block + hex("00")),
            .events = {expected}});
  }
  CHECK(test::to_hex(final_block(to_bytes("Hello"))) == "f3 48 cd c9 c9 07 00");
}

TEST_CASE("deflate: behind a final block the empty one may be left out, as others take it") {
  const std::string final_hello = "f3 48 cd c9 c9 07 00";
  replay({.options = deflating(),
          .input = compressed(final_hello) + compressed("f2 48 cd c9 c9 07 00") + compressed(final_hello),
          .events = {"text Hello", "text Hello", "text Hello"}});
  replay({.options = deflating(),
          .input = compressed(final_hello + final_hello),
          .events = {"text HelloHello"}});
  replay({.options = deflating(),
          .input = client_frame(0x41, hex(final_hello)) + client_frame(0x80, ""),
          .events = {"text Hello"}});
  replay({.options = deflating(),
          .input = compressed("03 00") + compressed("03 00"),
          .events = {"text ", "text "}});
  for (std::size_t size = 0; size <= 8; ++size) {
    const Bytes block = final_block(Bytes(size, std::byte{0xFF}));
    replay({.options = deflating(),
            .input = client_frame(0xC2, block),
            .events = {"binary " + test::to_hex(Bytes(size, std::byte{0xFF}))}});
  }
}

TEST_CASE("deflate: a message without any block is none, also behind one that ended with a final block") {
  replay_error(compressed("f3 48 cd c9 c9 07 00 00") + client_frame(0xC1, ""), {"text Hello", "error 1007"});
  replay_error(compressed("f3 48 cd c9 c9 07 00") + client_frame(0xC1, ""), {"text Hello", "error 1007"});
  replay_error(compressed("f3 48 cd c9 c9 07 00 f2"), {"error 1007"});
}

TEST_CASE("deflate: uncompressed messages may come between compressed ones (RFC 7692 6)") {
  replay({.options = deflating(),
          .input =
              compressed("f2 48 cd c9 c9 07 00") + client_frame(0x81, "plain") + compressed("f2 00 11 00 00"),
          .events = {"text Hello", "text plain", "text Hello"}});
}

TEST_CASE("deflate: RSV1 only on the first frame, and only if it was negotiated (RFC 7692 6.1)") {
  Connection plain(Role::server);
  CHECK(test::receive(plain, compressed("00")) == test::Lines{"error 1002"});
  Connection twice(Role::server, deflating());
  CHECK(test::receive(twice, client_frame(0x41, hex("f2 48 cd")) + client_frame(0xC0, hex("c9 c9 07 00"))) ==
        test::Lines{"error 1002"});
  Connection control(Role::server, deflating());
  CHECK(test::receive(control, client_frame(0xC9, "")) == test::Lines{"error 1002"});
}

TEST_CASE("deflate: what is no DEFLATE stream ends it with 1007") {
  for (const std::string_view payload : {"07 00", "ff ff ff", "00 01 00 00 00 41 00", "f2 48", "", "02"}) {
    INFO(payload);
    replay_error(compressed(payload), {"error 1007"});
  }
}

TEST_CASE("deflate: invalid UTF-8 is found in what was compressed (RFC 6455 8.1)") {
  for (const std::string_view text : {"\xff", "good until here \xed\xa0", "cut \xce"}) {
    Connection sender(Role::server, deflating());
    Bytes frame;
    CHECK(sender.encode_message(MessageKind::text, to_bytes(text), frame));
    test::CountingRandom random;
    ConnectionOptions options = deflating();
    options.random = &random;
    Connection receiver(Role::client, options);
    CHECK(test::receive(receiver, frame) == test::Lines{"error 1007"});
  }
}

// A message of `size` zeros as a client sends it.
Bytes bomb(std::size_t size) {
  test::CountingRandom random;
  ConnectionOptions options = deflating();
  options.random = &random;
  Connection client(Role::client, options);
  Bytes frame;
  CHECK(client.encode_message(MessageKind::binary, Bytes(size), frame));
  return frame;
}

TEST_CASE("deflate: decompression stops at the bound, with 1009") {
  ConnectionOptions options = deflating();
  options.max_message_bytes = 10000;
  Connection exact(Role::server, options);
  CHECK(test::receive(exact, bomb(10000)).at(0).starts_with("binary 00 00"));
  Connection over(Role::server, options);
  CHECK(test::receive(over, bomb(10001)) == test::Lines{"error 1009"});
  const Bytes large = bomb(10 * 1000 * 1000);
  CHECK(large.size() < 30000);
  Connection far_over(Role::server, options);
  CHECK(test::receive(far_over, large) == test::Lines{"error 1009"});
}

TEST_CASE("deflate: what lies beyond the bound is not looked at") {
  ConnectionOptions options = deflating();
  options.max_message_bytes = 4;
  replay_error(compressed("00 05 00 fa ff 61 62 63 64 ff 00"), {"error 1009"},
               options);  // "abcd" and no UTF-8
  replay_error(compressed("00 05 00 fa ff 61 62 63 ff 64 00"), {"error 1007"}, options);
}

TEST_CASE("deflate: compressed bytes without output are bounded as well") {
  ConnectionOptions options = deflating();
  options.max_message_bytes = 1000;
  Bytes empty_blocks;
  while (empty_blocks.size() < 2000) empty_blocks = empty_blocks + hex("00 00 00 ff ff");
  Connection connection(Role::server, options);
  CHECK(test::receive(connection, client_frame(0x42, empty_blocks)).empty());
  CHECK(test::receive(connection, client_frame(0x00, hex("00 00 00 ff ff"))) == test::Lines{"error 1009"});
}

TEST_CASE("deflate: a message below the threshold is sent as it is") {
  ConnectionOptions options = deflating();
  options.compress_from_bytes = 10;
  Connection connection(Role::server, options);
  CHECK(connection.encodes());
  CHECK(connection.compresses());
  Bytes out;
  CHECK(connection.encode_message(MessageKind::text, to_bytes("123456789"), out));
  CHECK(test::to_hex(out) == "81 09 31 32 33 34 35 36 37 38 39");
  out.clear();
  CHECK(connection.encode_message(MessageKind::text, to_bytes("1234567890"), out));
  CHECK(out[0] == std::byte{0xC1});
}

TEST_CASE("deflate: servers that forget encode with the same window to the same bytes") {
  const auto window_of = [](const DeflateParameters& parameters) {
    return Connection(Role::server, deflating(parameters)).shared_window_bits();
  };
  CHECK(window_of({.server_no_context_takeover = true}) == 15);
  CHECK(window_of({.server_no_context_takeover = true, .server_max_window_bits = 10}) == 10);
  CHECK(window_of({.server_no_context_takeover = false}) == 0);
  CHECK(Connection(Role::server).shared_window_bits() == 0);
  test::CountingRandom keys;
  ConnectionOptions client = deflating({true, true, 15, 15});
  client.random = &keys;
  CHECK(Connection(Role::client, client).shared_window_bits() == 0);

  Connection first(Role::server, deflating({.server_no_context_takeover = true}));
  Connection second(Role::server, deflating({.server_no_context_takeover = true}));
  Bytes one;
  Bytes other;
  CHECK(first.encode_message(MessageKind::text, to_bytes("something before"), one));
  one.clear();
  CHECK(first.encode_message(MessageKind::text, to_bytes("hello hello"), one));
  CHECK(second.encode_message(MessageKind::text, to_bytes("hello hello"), other));
  CHECK(test::to_hex(one) == test::to_hex(other));
}

TEST_CASE("deflate: our own bytes for the examples (RFC 7692 7.2.3.1, 7.2.3.2, 7.2.3.6)") {
  const auto encode_twice = [](const DeflateParameters& parameters, std::string_view text) {
    Connection connection(Role::server, deflating(parameters));
    Bytes out;
    CHECK(connection.encode_message(MessageKind::text, to_bytes(text), out));
    CHECK(connection.encode_message(MessageKind::text, to_bytes(text), out));
    return test::to_hex(out);
  };
  CHECK(encode_twice({}, "Hello") == "c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00");
  CHECK(encode_twice({.server_no_context_takeover = true}, "Hello") ==
        "c1 07 f2 48 cd c9 c9 07 00 c1 07 f2 48 cd c9 c9 07 00");
  CHECK(encode_twice({}, "") == "c1 01 00 c1 01 00");
}

// Text, numbers and noise, so that matches of all distances occur.
Bytes mixed(std::mt19937& random, std::size_t size) {
  Bytes bytes;
  while (bytes.size() < size) {
    if (random() % 3 != 0 && bytes.size() > 64) {
      const std::size_t from = random() % (bytes.size() - 32);
      for (std::size_t i = 0; i < 3 + random() % 29; ++i) bytes.push_back(bytes[from + i]);
    } else {
      for (std::size_t i = 0; i < random() % 8; ++i) bytes.push_back(static_cast<std::byte>(random()));
    }
  }
  bytes.resize(size);
  return bytes;
}

TEST_CASE("deflate: what one end compresses the other restores, with all parameters") {
  std::mt19937 random(11);
  for (int round = 0; round < 40; ++round) {
    const DeflateParameters parameters{(round & 1) != 0, (round & 2) != 0, 9 + round % 7, 15 - round % 7};
    test::CountingRandom keys;
    ConnectionOptions options = deflating(parameters);
    options.random = &keys;
    options.max_message_bytes = 0;
    Connection client(Role::client, options);
    Connection server(Role::server, options);
    for (const std::size_t size : {1U, 100U, 5000U, 16384U, 16385U, 70000U}) {
      const Bytes payload = mixed(random, size);
      Bytes up;
      Bytes down;
      CHECK(client.encode_message(MessageKind::binary, payload, up));
      CHECK(server.encode_message(MessageKind::binary, payload, down));
      if (size > 1000) CHECK(up.size() < size);
      const std::string expected = "binary " + test::to_hex(payload);
      CHECK((test::receive(server, up) == test::Lines{expected}));
      CHECK((test::receive(client, down) == test::Lines{expected}));
    }
  }
}

// Many short matches at distances over 16 KiB, each a literal apart: in one block they made zlib before
// 1.2.12 overwrite what it had yet to encode (CVE-2018-25032).
TEST_CASE("deflate: distant matches in a long message are restored") {
  std::mt19937 random(3);
  Bytes payload;
  for (int i = 0; i < 32000; ++i) payload.push_back(static_cast<std::byte>(random()));
  const Bytes dictionary = payload;
  for (std::size_t i = 0; i < 60000; ++i) {
    const std::size_t from = (i * 7919) % 12000;
    for (std::size_t k = 0; k < 3; ++k) payload.push_back(dictionary[from + k]);
  }
  ConnectionOptions options = deflating();
  options.max_message_bytes = 0;
  test::CountingRandom keys;
  options.random = &keys;
  Connection client(Role::client, options);
  Connection server(Role::server, options);
  Bytes frame;
  CHECK(server.encode_message(MessageKind::binary, payload, frame));
  CHECK((test::receive(client, frame) == test::Lines{"binary " + test::to_hex(payload)}));
}

}  // namespace
}  // namespace signaling::websocket
