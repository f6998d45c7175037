#include "signaling/identity/shared_token.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace signaling;
using namespace signaling::identity;

namespace {

std::string refusal(SharedToken& shared, const std::string& token) {
  ConnectInfo info;
  info.token = token;
  std::string word = "no answer";
  shared.authenticate(info, [&](const Verdict& verdict) { word = verdict.refusal(); });
  return word;
}

}  // namespace

TEST_CASE("shared token: it and nothing else admits") {
  SharedToken shared("sesame");
  CHECK(refusal(shared, "sesame") == "");
  CHECK(refusal(shared, "") == "no-token");
  for (const char* guess : {"sesam", "sesame ", "Sesame", "x"})
    CHECK(refusal(shared, guess) == "wrong-token");
}

TEST_CASE("shared token: its bearers get what the host grants") {
  Grants grants;
  grants.allow("lobby", {});
  SharedToken shared("sesame", grants);
  ConnectInfo info;
  info.token = "sesame";
  shared.authenticate(info, [](const Verdict& verdict) {
    REQUIRE(verdict.admitted());
    CHECK(verdict.pass().grants.may_join("lobby"));
    CHECK_FALSE(verdict.pass().grants.may_join("office"));
  });
}

TEST_CASE("shared token: an empty one would admit everybody, and is refused") {
  CHECK_THROWS_AS(SharedToken(""), std::invalid_argument);
}
