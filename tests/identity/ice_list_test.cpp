#include "identity/ice_list.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

#include "identity/digest.hpp"
#include "signaling/text/hex.hpp"

using namespace signaling::identity;
using std::chrono::seconds;

namespace {

IceList::Time at(std::int64_t second) { return IceList::Time(seconds(second)); }

IceOptions turn() {
  IceOptions options;
  options.turn_urls = {"turn:turn.example.com:3478", "turns:turn.example.com:5349?transport=tcp"};
  options.turn_secret = "north";
  return options;
}

std::string hex(std::span<const unsigned char> bytes) { return signaling::text::to_hex(as_text(bytes)); }

}  // namespace

TEST_CASE("HMAC: the vectors of RFC 2202 3 and RFC 4231 4") {
  CHECK(hex(hmac_sha1("Jefe", "what do ya want for nothing?")) == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("TURN credentials: username is expiry and user, password its HMAC-SHA1 in base64") {
  const TurnCredentials turn = make_turn_credentials("north", "506454", at(1'433'895'918));
  CHECK(turn.username == "1433895918:506454");
  CHECK(turn.password == "9E+hrD3adspb7tFiw3uRyAFZovA=");
}

TEST_CASE("ICE servers: what there is, then TURN with credentials of the peer's own") {
  IceOptions options = turn();
  options.servers = {{{"stun:stun.example.com"}, "", ""}, {{"turn:old.example.com"}, "u\"", "c"}};
  CHECK(IceList(options).json("506454", at(1'433'892'318), {}) ==
        R"([{"urls":"stun:stun.example.com"},)"
        R"({"urls":"turn:old.example.com","username":"u\"","credential":"c"},)"
        R"({"urls":["turn:turn.example.com:3478","turns:turn.example.com:5349?transport=tcp"],)"
        R"("username":"1433895918:506454","credential":"9E+hrD3adspb7tFiw3uRyAFZovA="}])");
  CHECK(IceList({}).json("p", at(0), {}).empty());
}

TEST_CASE("ICE servers: credentials never outlive the admission") {
  const std::string json = IceList(turn()).json("p", at(1000), at(1300));
  CHECK(json.find(R"("username":"1300:p")") != std::string::npos);
  CHECK(IceList(turn()).json("p", at(1000), at(100'000)).find(R"("username":"4600:p")") != std::string::npos);
}

TEST_CASE("ICE servers: of a peer id, the username takes what is fit for one") {
  const std::string json = IceList(turn()).json("a:b\"\xFF\n-_.Z9", at(0), {});
  CHECK(json.find(R"("username":"3600:a_b___-_.Z9")") != std::string::npos);
}

TEST_CASE(
    "ICE servers: credentials are renewed before they expire, though their end is cut to whole seconds") {
  CHECK(IceList(turn()).refresh_after() == seconds(2699));
  IceOptions shortest = turn();
  shortest.turn_lifetime = seconds(4);  // good for 3 s, if given at the end of a second
  CHECK(IceList(shortest).refresh_after() == seconds(2));
  CHECK_FALSE(IceList({}).refresh_after());
}

TEST_CASE("ICE servers: what cannot work is refused") {
  for (const char* url : {"", "turn", "turn:", "http://example.com", "TURN:x", "ws:x"}) {
    CAPTURE(url);
    IceOptions options = turn();
    options.turn_urls = {url};
    CHECK_THROWS_AS(IceList{options}, std::invalid_argument);
  }
  IceOptions no_secret = turn();
  no_secret.turn_secret.clear();
  CHECK_THROWS_AS(IceList{no_secret}, std::invalid_argument);
  IceOptions short_lived = turn();
  short_lived.turn_lifetime = seconds(3);
  CHECK_THROWS_AS(IceList{short_lived}, std::invalid_argument);
  IceOptions no_url;
  no_url.servers.emplace_back();
  CHECK_THROWS_AS(IceList{no_url}, std::invalid_argument);
}
