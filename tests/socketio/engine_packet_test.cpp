#include "signaling/socketio/engine_packet.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "signaling/socketio/engine_error.hpp"
#include "socketio/engine_script.hpp"

namespace signaling::socketio {
namespace {

using test::exchange_separators;
using test::Lines;

// Type and data of each packet; "error" is the last one if the payload is wrong.
Lines read_payload(std::string_view script) {
  std::string payload = exchange_separators(script, '|', packet_separator);
  payload.shrink_to_fit();
  PayloadReader reader(payload);
  Lines lines;
  EnginePacket packet;
  for (;;) {
    switch (reader.next(packet)) {
      case PayloadReader::Step::packet:
        lines.push_back(std::to_string(static_cast<int>(packet.type)) + " " +
                        test::describe(packet.kind, packet.data));
        break;
      case PayloadReader::Step::end: return lines;
      case PayloadReader::Step::error: lines.emplace_back("error"); break;
    }
  }
}

TEST_CASE("Engine.IO packet: one digit, then the data (packet encoding)") {
  for (char digit = '0'; digit <= '6'; ++digit) {
    const std::string text = std::string(1, digit) + "data";
    const auto packet = decode_engine_packet(text);
    REQUIRE(packet);
    CHECK(static_cast<int>(packet->type) == digit - '0');
    CHECK(packet->kind == MessageKind::text);
    CHECK(packet->data == "data");
  }
  CHECK(decode_engine_packet("4")->data.empty());
  CHECK(decode_engine_packet("2\x1e"
                             "4a")
            ->data ==
        "\x1e"
        "4a");
}

TEST_CASE("Engine.IO packet: anything but 0 to 6 in front is no packet (packet encoding)") {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    CHECK(decode_engine_packet(text).has_value() == (byte >= '0' && byte <= '6'));
  }
  CHECK_FALSE(decode_engine_packet(""));
}

TEST_CASE("Engine.IO payload: packets are separated, binary is base64 (HTTP long-polling)") {
  CHECK(read_payload("4hello") == Lines{"4 hello"});
  CHECK(read_payload("4hello|2|4world") == Lines{"4 hello", "2 ", "4 world"});
  CHECK(read_payload("4hello|bAQIDBA==") == Lines{"4 hello", "4 <01 02 03 04>"});
  CHECK(read_payload("bAQIDBA==|b|4") == Lines{"4 <01 02 03 04>", "4 <>", "4 "});
  CHECK(read_payload("4\xE2\x82\xAC") == Lines{"4 \xE2\x82\xAC"});
}

TEST_CASE("Engine.IO payload: reading ends at the first packet that is none (HTTP long-polling)") {
  for (const std::string_view bad : {"", "abc", "7", "B", "bAQ", "bAQID=", "b====", "b A==", "4\xFF",
                                     "4\xE2\x82", "4\xED\xA0\x80", "4\xC0\x80", "\xE2\x82\xAC"}) {
    const std::string payload(bad);
    INFO(payload);
    CHECK(read_payload(payload) == Lines{"error"});
    CHECK(read_payload("4a|" + payload + "|4b") == Lines{"4 a", "error"});
  }
}

TEST_CASE("Engine.IO payload: what was sent is what is read (HTTP long-polling)") {
  std::string payload;
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  append_to_payload(payload, Frame::text("4a"));
  append_to_payload(payload, Frame::binary(std::as_bytes(std::span(all_bytes))));
  append_to_payload(payload, Frame::binary({}));
  append_to_payload(payload, Frame::text("2"));
  CHECK(count_packets(payload) == 4);
  CHECK(read_payload(payload) == Lines{"4 a", "4 <" + test::to_hex(all_bytes) + ">", "4 <>", "2 "});
}

TEST_CASE("Engine.IO errors: status, code and message (reference implementation)") {
  CHECK(answer_for(EngineError::transport_unknown).body == R"({"code":0,"message":"Transport unknown"})");
  CHECK(answer_for(EngineError::session_unknown).body == R"({"code":1,"message":"Session ID unknown"})");
  CHECK(answer_for(EngineError::bad_handshake_method).body ==
        R"({"code":2,"message":"Bad handshake method"})");
  CHECK(answer_for(EngineError::bad_request).body == R"({"code":3,"message":"Bad request"})");
  CHECK(answer_for(EngineError::forbidden).body == R"({"code":4,"message":"Forbidden"})");
  CHECK(answer_for(EngineError::unsupported_version).body ==
        R"({"code":5,"message":"Unsupported protocol version"})");
  for (int code = 0; code <= 5; ++code) {
    CHECK(answer_for(static_cast<EngineError>(code)).status == (code == 4 ? 403 : 400));
  }
  CHECK(answer_for(EngineError::payload_too_large).status == 413);
}

}  // namespace
}  // namespace signaling::socketio
