#include "protocols/sdp.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace signaling::protocols::sdp;

namespace {

const std::string session_part = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const std::string credentials = "a=ice-ufrag:u\r\na=ice-pwd:p\r\n";

std::string section(const std::string& mid, const std::string& more = {}) {
  return "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:" + mid + "\r\n" + more;
}

std::string with_lf(std::string text) {
  std::erase(text, '\r');
  return text;
}

}  // namespace

TEST_CASE("sdp: an offer needs v=0, a section, ICE credentials, and a mid in each section") {
  CHECK(read_offer(session_part + credentials + section("0")));
  CHECK(read_offer(with_lf(session_part + section("0", credentials))));
  CHECK_FALSE(read_offer(""));
  CHECK_FALSE(read_offer("o=-\r\n" + credentials + section("0")));
  CHECK_FALSE(read_offer(session_part + credentials));
  CHECK_FALSE(read_offer(session_part + section("0")));
  CHECK_FALSE(read_offer(session_part + section("0", "a=ice-ufrag:u\r\n")));
  CHECK_FALSE(read_offer(session_part + section("0", "a=ice-pwd:p\r\n")));
  CHECK_FALSE(read_offer(session_part + credentials + section("0") + "m=video 9 x 1\r\n"));
}

TEST_CASE("sdp: a section has its own direction, or that of the session, or sendrecv (RFC 8866 6.7)") {
  const auto offer =
      read_offer(session_part + "a=recvonly\r\n" + credentials + section("a", "a=sendonly\r\n") +
                 section("b") + section("c", "a=inactive\r\n"));
  REQUIRE(offer);
  REQUIRE(offer->sections.size() == 3);
  CHECK(offer->sections[0].direction == Direction::sendonly);
  CHECK(offer->sections[1].direction == Direction::recvonly);
  CHECK(offer->sections[2].direction == Direction::inactive);
  CHECK(offer->sections[0].media == "audio");
  CHECK(offer->sections[2].mid == "c");
  CHECK(read_offer(session_part + credentials + section("0"))->sections[0].direction == Direction::sendrecv);
}

TEST_CASE("sdp: a fragment is read in the shapes that clients write (RFC 8840 9)") {
  const std::string bundle = "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n" +
                             credentials + "a=candidate:1 x\r\na=end-of-candidates\r\n";
  for (const std::string& text : {bundle, with_lf(bundle)}) {
    const Fragment fragment = read_fragment(text);
    CHECK(fragment.ufrag == "u");
    CHECK(fragment.pwd == "p");
    REQUIRE(fragment.sections.size() == 1);
    CHECK(fragment.sections[0].mid == "0");
    CHECK(fragment.sections[0].ufrag == "u");
    REQUIRE(fragment.sections[0].candidates.size() == 1);
    CHECK(fragment.sections[0].candidates[0] == "candidate:1 x");
    CHECK(fragment.sections[0].is_complete);
  }
  const Fragment only_credentials = read_fragment(credentials);
  CHECK(only_credentials.pwd == "p");
  CHECK(only_credentials.sections.empty());
  const std::string repeated = "s=-\r\nt=0 0\r\n" + credentials + "m=audio 9 RTP/AVP 0\r\na=mid:0\r\n" +
                               "a=candidate:1\r\nm=audio 9 RTP/AVP 0\r\na=mid:1\r\na=candidate:1\r\n";
  const Fragment two = read_fragment(repeated);
  REQUIRE(two.sections.size() == 2);
  CHECK(two.sections[1].mid == "1");
  CHECK(two.sections[1].candidates.size() == 1);
  CHECK(two.sections[1].ufrag.empty());
  CHECK(read_fragment("a=mid:0\n" + credentials + "a=candidate:1").sections[0].candidates.size() == 1);
  CHECK(read_fragment("\n\r\na=ice-ufrag\na=candidate\nm=\n").ufrag.empty());
}

TEST_CASE("sdp: an answer gets CRLF, and late candidates behind the attributes of their sections") {
  const std::string answer = session_part + section("0", credentials) + section("1");
  CHECK(complete(with_lf(answer), {}) == answer);
  const std::vector<LateCandidate> candidates{
      {"candidate:1", "1", 0}, {"candidate:2", "", 0}, {"candidate:3", "", 1}};
  const std::string end = "a=end-of-candidates\r\n";
  CHECK(complete(answer, candidates) == session_part + section("0", credentials) + "a=candidate:2\r\n" + end +
                                            section("1") + "a=candidate:1\r\na=candidate:3\r\n" + end);
  // What the media peer has said already is not said twice.
  CHECK(complete(session_part + section("0", end), {{{"candidate:1", "x", 7}}}) ==
        session_part + section("0") + "a=candidate:1\r\n" + end);
  CHECK(complete("v=0", {{{"candidate:1", "", 0}}}) == "v=0\r\n");
}

TEST_CASE("sdp: what a restart repeats of the answer") {
  CHECK(ice_options("v=0\na=ice-lite\n").is_lite);
  CHECK(ice_options("a=ice-options:ice2 trickle\r\n").is_trickle);
  CHECK_FALSE(ice_options("a=ice-options:ice2\r\n").is_trickle);
}
