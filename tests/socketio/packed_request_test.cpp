#include "socketio/packed_request.hpp"

#include <doctest/doctest.h>

#include <string>

namespace signaling::socketio {
namespace {

TEST_CASE("a request comes out as it went in") {
  ConnectInfo info;
  info.remote_address = "2001:db8::1";
  info.target = "/socket.io/?EIO=4&transport=websocket";
  info.origin = "https://example.com";
  info.token = std::string("a\0b", 3);
  info.credentials = R"({"name":"Ada"})";
  info.wished_id = "ada";
  info.resume = "secret";
  info.headers = {
      {"host", "example.com"}, {"cookie", ""}, {"x-note", std::string(70'000, 'x')}, {"host", "2"}};
  const ConnectInfo unpacked = PackedRequest(info).unpack();
  CHECK(unpacked.remote_address == info.remote_address);
  CHECK(unpacked.target == info.target);
  CHECK(unpacked.origin == info.origin);
  CHECK(unpacked.token == info.token);
  CHECK(unpacked.credentials == info.credentials);
  CHECK(unpacked.wished_id == info.wished_id);
  CHECK(unpacked.resume == info.resume);
  CHECK(unpacked.headers == info.headers);
}

TEST_CASE("an empty request is one") {
  const ConnectInfo unpacked = PackedRequest(ConnectInfo()).unpack();
  CHECK(unpacked.target.empty());
  CHECK(unpacked.resume.empty());
  CHECK(unpacked.headers.empty());
}

}  // namespace
}  // namespace signaling::socketio
