#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "signaling/protocols/whip.hpp"
#include "signaling/text/json_writer.hpp"
#include "support/fakes.hpp"

using namespace signaling;
using namespace signaling::protocols;
using namespace std::chrono_literals;

namespace {

using Lines = std::vector<std::string>;

const std::string offer =
    "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=sendonly\r\n";
const std::string answer =
    "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF "
    "111\r\na=mid:0\r\na=ice-lite\r\na=ice-options:trickle\r\na=recvonly\r\n";

std::string fragment(std::string_view ufrag, std::string_view more = {}) {
  return "a=ice-ufrag:" + std::string(ufrag) + "\r\na=ice-pwd:p\r\nm=audio 9 x 0\r\na=mid:0\r\n" +
         std::string(more);
}

/// A session whose router and clock are the test's; what it does is read as lines.
struct Script {
  explicit Script(WhipOptions its_options = {})
      : options(its_options), session(options, "room", "/whip/session/1", random) {}

  Lines done() {
    Lines lines;
    while (const auto action = session.poll_action()) {
      std::visit([&](const auto& what) { lines.push_back(line(what)); }, *action);
    }
    return lines;
  }
  std::string line(const whip_action::Answer& action) {
    last = action.answer;
    return std::to_string(action.request) + ": " + std::to_string(action.answer.status);
  }
  std::string line(const whip_action::Tell& action) { return action.message; }
  std::string line(const whip_action::Choose& /*action*/) { return "choose"; }
  std::string line(const whip_action::End& action) { return "end " + std::string(to_string(action.reason)); }

  void tell(std::string_view message) { session.receive(message, now); }
  void media(std::string_view type, std::string_view data, std::string_view from = "sfu") {
    tell(R"({"type":")" + std::string(type) + R"(","from":")" + std::string(from) +
         R"(","room":"room","data":)" + std::string(data) + "}");
  }
  void event(std::string_view name, std::string_view data) {
    tell(R"({"type":"event","from":"sfu","event":")" + std::string(name) + R"(","data":)" +
         std::string(data) + "}");
  }
  void pass(std::chrono::milliseconds time) {
    now += time;
    const auto due = session.next_deadline();
    if (due && *due <= now) session.on_time(now);
  }
  void patch(std::uint64_t number, const std::string& body, std::optional<std::string> match = {}) {
    session.patch(number, {"application/trickle-ice-sdpfrag", std::move(match), body}, now);
  }

  void offering() {
    session.post(1, {"application/sdp", {}, offer});
    tell(R"({"type":"welcome","peer":"me","iceServers":[]})");
    tell(R"({"type":"joined"})");
    session.chosen({"sfu", 0, 0}, now);
    done();
  }
  void open() {
    offering();
    media("answer", R"({"type":"answer","sdp":)" + text::json_string(answer) + "}");
    REQUIRE(done() == Lines{"1: 201"});
    etag = header("ETag");
  }
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : last.headers) {
      if (key == name) return value;
    }
    return {};
  }

  WhipOptions options;
  signaling::testing::SeededRandom random{1};
  TimePoint now{};
  WhipAnswer last;
  std::string etag;
  WhipSession session;
};

}  // namespace

TEST_CASE("whip: an offer joins the room, goes to the media peer, and comes back as 201 (RFC 9725 4.2)") {
  Script script;
  script.session.post(1, {"application/sdp", {}, offer});
  CHECK(script.done().empty());
  script.tell(R"({"type":"welcome","peer":"me","iceServers":[{"urls":["stun:a","turn:b?transport=udp"],)"
              R"("username":"u\"","credential":"p"},{"urls":"bad>"},7]})");
  CHECK(
      script.done() ==
      Lines{
          R"({"type":"join","room":"room","metadata":{"role":"publisher","protocol":"whip"},"id":"join"})"});
  script.tell(R"({"type":"joined"})");
  CHECK(script.done() == Lines{"choose"});
  script.session.chosen({"sfu", 0, 0}, script.now);
  CHECK(script.done() ==
        Lines{R"({"type":"offer","to":"sfu","room":"room","id":"offer","data":{"type":"offer","sdp":)" +
              text::json_string(offer) + R"(,"trickle":false}})"});
  script.media("answer", R"({"sdp":"v=0"})", "somebody");
  script.media("answer", R"({"sdp":7})");
  CHECK(script.done().empty());
  script.media("answer", R"({"type":"answer","sdp":)" + text::json_string(answer) + "}");
  CHECK(script.done() == Lines{"1: 201"});
  CHECK(script.last.body == answer);
  CHECK(script.header("Location") == "/whip/session/1");
  Lines links;
  for (const auto& [name, value] : script.last.headers) {
    if (name == "Link") links.push_back(value);
  }
  const std::string credentials = R"(; username="u\""; credential="p"; credential-type="password")";
  CHECK(links == Lines{R"(<stun:a>; rel="ice-server")" + credentials,
                       R"(<turn:b?transport=udp>; rel="ice-server")" + credentials});
  CHECK(script.session.is_open());
}

TEST_CASE(
    "whip: whatever the router or the media peer says while the client waits, it gets one answer, and the "
    "session ends") {
  struct Case {
    std::string message;
    std::string status;
  };
  const std::string error = R"({"type":"error","id":"offer","code":)";
  const std::vector<Case> cases{
      {error + R"("peer_not_found"})", "1: 503"},
      {error + R"("forbidden"})", "1: 403"},
      {error + R"("message_too_large"})", "1: 413"},
      {error + R"("slow_consumer"})", "1: 503"},
      {R"({"type":"left","room":"room","reason":"kicked"})", "1: 403"},
      {R"({"type":"peer-left","room":"room","peer":"sfu"})", "1: 503"},
      {R"({"type":"event","from":"sfu","event":"closed"})", "1: 503"},
      {R"({"type":"event","from":"sfu","event":"rejected","data":{"status":406}})", "1: 406"},
      {R"({"type":"event","from":"sfu","event":"rejected"})", "1: 422"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.message);
    Script script;
    script.offering();
    script.tell(c.message);
    const Lines lines = script.done();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == c.status);
    CHECK(lines[1].starts_with("end "));
    script.tell(c.message);
    script.media("answer", R"({"sdp":"v=0"})");
    script.session.closed(CloseReason::lost);
    script.pass(1h);
    CHECK(script.done().empty());
  }
}

TEST_CASE("whip: who may not connect or join learns why") {
  const auto answered = [](std::string_view code, bool is_admitted) {
    Script script;
    script.session.post(1, {"application/sdp", {}, offer});
    if (is_admitted) script.tell(R"({"type":"welcome"})");
    script.done();
    script.tell(R"({"type":"error","message":"no","code":")" + std::string(code) + "\"}");
    return script.done();
  };
  CHECK(answered("unauthorized", false) == Lines{"1: 401", "end normal"});
  CHECK(answered("too_many_peers", false) == Lines{"1: 503", "end normal"});
  CHECK(answered("forbidden", true) == Lines{"1: 403", "end normal"});
  CHECK(answered("room_full", true) == Lines{"1: 503", "end normal"});
  CHECK(answered("rate_limited", true) == Lines{"1: 429", "end normal"});
  CHECK(answered("bad_id", true) == Lines{"1: 400", "end normal"});
}

TEST_CASE("whip: a media peer that does not answer makes 504, at its deadline") {
  Script script;
  script.offering();
  CHECK(script.session.next_deadline() == script.now + 5s);
  script.pass(4'999ms);
  CHECK(script.done().empty());
  script.pass(1ms);
  CHECK(script.done() == Lines{"1: 504", "end normal"});
}

TEST_CASE("whip: a room with a publisher, or with too many sessions, refuses") {
  const auto chosen = [](WhipOptions options, WhipRoom room) {
    Script script(options);
    script.session.post(1, {"application/sdp", {}, offer});
    script.tell(R"({"type":"welcome"})");
    script.tell(R"({"type":"joined"})");
    script.done();
    script.session.chosen(std::move(room), script.now);
    return script.done().front();
  };
  CHECK(chosen({}, {"sfu", 1, 1}) == "1: 409");
  CHECK(chosen({.publishers_per_room = 0}, {"sfu", 9, 9}).starts_with("{"));
  CHECK(chosen({.sessions_per_room = 3}, {"sfu", 0, 3}) == "1: 503");
  CHECK(chosen({}, {"", 0, 0}) == "1: 503");
}

TEST_CASE("whip: a client that is gone before its answer ends the session") {
  Script script;
  script.offering();
  script.session.abandon(1);
  CHECK(script.done() == Lines{"end lost"});
}

TEST_CASE("whip: a request that only asks for ICE servers gets 204 in any case") {
  Script script;
  script.session.discover(1);
  script.tell(R"({"type":"welcome","iceServers":[{"urls":"stun:a"}]})");
  CHECK(script.done() == Lines{"1: 204", "end normal"});
  CHECK(script.header("Link") == R"(<stun:a>; rel="ice-server")");
  Script refused;
  refused.session.discover(1);
  refused.tell(R"({"type":"error","code":"unauthorized"})");
  CHECK(refused.done() == Lines{"1: 204", "end normal"});
  CHECK(refused.header("Link").empty());
}

TEST_CASE("whip: DELETE ends the session once (RFC 9725 4.2)") {
  Script script;
  script.open();
  script.session.remove(2);
  script.session.remove(3);
  CHECK(script.done() == Lines{"2: 200", "end normal", "3: 404"});
}

TEST_CASE("whip: 10 requests a second change a session, and 50 at once; then 429") {
  Script script;
  script.open();
  for (std::uint64_t i = 0; i < 50; ++i) script.patch(i, fragment("u"));
  CHECK(script.done() == Lines([] {
          Lines all;
          for (int i = 0; i < 50; ++i) all.push_back(std::to_string(i) + ": 204");
          return all;
        }()));
  script.patch(50, fragment("u"));
  CHECK(script.done() == Lines{"50: 429"});
  script.pass(100ms);
  script.patch(51, fragment("u"));
  script.patch(52, fragment("u"));
  CHECK(script.done() == Lines{"51: 204", "52: 429"});
}

TEST_CASE("whip: too many candidates in one request are refused, and none of them goes on") {
  Script script;
  script.open();
  std::string many;
  for (int i = 0; i < 101; ++i) many += "a=candidate:" + std::to_string(i) + "\r\n";
  script.patch(2, fragment("u", many));
  CHECK(script.done() == Lines{"2: 413"});
}

TEST_CASE("whip: candidates come from the ICE session in force; another ufrag restarts it (RFC 9725 4.3.3)") {
  Script script;
  script.open();
  script.patch(2, fragment("u", "a=candidate:1\r\na=end-of-candidates\r\n"), script.etag);
  const std::string to_sfu = R"({"type":"candidate","to":"sfu","room":"room","data":{"candidate":)";
  const std::string of_audio = R"(,"sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"u"}})";
  CHECK(script.done() ==
        Lines{to_sfu + R"("candidate:1")" + of_audio, to_sfu + R"("")" + of_audio, "2: 204"});

  script.patch(3, fragment("next", "a=candidate:2\r\n"), "*");
  CHECK(script.done() ==
        Lines{R"({"type":"event","to":"sfu","room":"room","event":"ice-restart","id":"restart",)"
              R"("data":{"ufrag":"next","pwd":"p","candidates":["candidate:2"],"mid":"0"}})"});
  script.patch(4, fragment("other"), "*");
  CHECK(script.done() == Lines{"4: 409"});
  // Until the answer, the old ICE session is in force, and the new one's candidates follow the restart.
  script.patch(5, fragment("u"), script.etag);
  script.patch(6, fragment("next", "a=candidate:3\r\n"), script.etag);
  CHECK(script.done().size() == 3);
  script.event("ice-restarted", R"({"ufrag":"s","pwd":"t","candidates":["candidate:9","x\r\ny"],"mid":"0"})");
  CHECK(script.done() == Lines{"3: 200"});
  CHECK(script.last.body ==
        "a=ice-lite\r\na=ice-options:trickle\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=ice-ufrag:s\r\n"
        "a=ice-pwd:t\r\na=candidate:9\r\na=end-of-candidates\r\n");
  const std::string etag = script.header("ETag");
  CHECK(etag != script.etag);
  script.patch(7, fragment("next"), script.etag);
  script.patch(8, fragment("next"), etag);
  CHECK(script.done() == Lines{"7: 412", "8: 204"});
  script.patch(9, fragment("third"), etag);
  CHECK(script.done() == Lines{"9: 429"});
}

TEST_CASE("whip: a restart that does not come is 422, and the session goes on") {
  Script script;
  script.open();
  script.patch(2, fragment("next"), script.etag);
  script.done();
  script.pass(5s);
  CHECK(script.done() == Lines{"2: 422"});
  script.patch(3, fragment("u"), script.etag);
  CHECK(script.done() == Lines{"3: 204"});
  script.event("ice-restarted", R"({"ufrag":"s","pwd":"t"})");
  CHECK(script.session.take_dropped() == 1);
  script.patch(4, fragment("next"), script.etag);
  script.done();
  script.event("ice-restarted", R"({"ufrag":"s\r\nx","pwd":"t"})");
  CHECK(script.done() == Lines{"4: 422"});
  script.patch(5, fragment("u", "a=candidate:1\r\n"));
  script.pass(2s);
  script.patch(6, fragment("next"), script.etag);
  script.done();
  script.session.closed(CloseReason::going_away);
  CHECK(script.done() == Lines{"6: 404", "end going-away"});
}

TEST_CASE("whip: without trickle, candidates are 422; with require_if_match, 428 (RFC 9725 4.3.1)") {
  Script no_trickle({.trickle = false});
  no_trickle.open();
  no_trickle.patch(2, fragment("u"));
  CHECK(no_trickle.done() == Lines{"2: 422"});
  Script strict({.require_if_match = true});
  strict.open();
  strict.patch(2, fragment("u"));
  strict.patch(3, fragment("u"), "\"*\"");
  CHECK(strict.done() == Lines{"2: 428", "3: 204"});
}

TEST_CASE("whip: a session ends at its timeout") {
  Script script({.session_timeout = 1h});
  script.open();
  script.pass(59min);
  CHECK(script.done().empty());
  script.pass(1min);
  CHECK(script.done() == Lines{"end timeout"});
}

TEST_CASE("whip: what the media peer says behind its answer is dropped, and counted") {
  Script script;
  script.open();
  script.media("candidate", R"({"candidate":"candidate:1"})");
  script.media("offer", R"({"sdp":"v=0"})");
  script.media("candidate", "{}", "somebody");
  CHECK(script.session.take_dropped() == 2);
  CHECK(script.session.take_dropped() == 0);
  CHECK(script.done().empty());
}

TEST_CASE("whep: a counter-offer that nobody answers ends after 30 s") {
  Script script({.kind = WhipKind::play, .counter_offers = true});
  script.session.post(
      1, {"application/sdp", {}, "v=0\nm=audio\na=mid:0\na=ice-ufrag:u\na=ice-pwd:p\na=recvonly\n"});
  script.tell(R"({"type":"welcome"})");
  script.tell(R"({"type":"joined"})");
  script.session.chosen({"sfu", 1, 1}, script.now);
  script.done();
  script.media("offer", R"({"sdp":"v=0\n"})");
  CHECK(script.done() == Lines{"1: 406"});
  script.patch(2, fragment("u"));
  CHECK(script.done() == Lines{"2: 415"});
  script.pass(30s);
  CHECK(script.done() == Lines{"end timeout"});
}

TEST_CASE("whip: clients and media servers are known by their metadata") {
  CHECK(is_whip_client(whip_metadata(WhipKind::publish), WhipKind::publish));
  CHECK_FALSE(is_whip_client(whip_metadata(WhipKind::publish), WhipKind::play));
  CHECK(is_whip_client(whip_metadata(WhipKind::play)));
  CHECK_FALSE(is_whip_client("{}"));
  CHECK_FALSE(is_whip_client(""));
  CHECK(is_media_server(R"({"name":"x","role":"sfu"})"));
  CHECK_FALSE(is_media_server(R"({"role":"publisher"})"));
}
