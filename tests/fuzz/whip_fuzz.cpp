// WHIP and WHEP: what clients, media servers and the router say in any order gets one answer a request, and fields and
// messages that are whole.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fuzz/require.hpp"
#include "protocols/sdp.hpp"
#include "protocols/whip_answers.hpp"
#include "signaling/protocols/whip.hpp"
#include "signaling/text/json_scanner.hpp"

namespace {

using namespace signaling;
using namespace signaling::protocols;

class Zeros final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(++last_);
  }

 private:
  unsigned char last_ = 0;
};

bool is_field(std::string_view value) {
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

void check_sdp(std::string_view text) {
  const auto offer = sdp::read_offer(text);
  require(!offer || (!offer->sections.empty() && !offer->ufrags.empty()));
  for (const auto& section : sdp::read_fragment(text).sections) {
    for (const std::string_view candidate : section.candidates) require(candidate.starts_with("candidate:"));
  }
  const std::vector<sdp::LateCandidate> late{{"candidate:1", "0", 1}, {"candidate:2", "", 9}};
  for (const auto& candidates : {std::vector<sdp::LateCandidate>(), late}) {
    const std::string whole = sdp::complete(text, candidates);
    require(sdp::complete(whole, {}) == whole);
    require(whole.empty() || whole.ends_with("\r\n"));
  }
}

// The input is the script: one step a line, by its first character; the rest is what is said.
class Session {
 public:
  explicit Session(WhipOptions options)
      : options_(options), session_(options_, "room", "/whip/session/1", random_) {}

  void step(std::string_view line) {
    if (line.empty()) return;
    const char what = line.front();
    line.remove_prefix(1);
    if (is_begun_) {
      go_on(what, line);
    } else {
      is_begun_ = true;
      open_[1] = 0;
      what == 'd' ? session_.discover(1) : session_.post(1, {"application/sdp", {}, with_line_ends(line)});
    }
    check();
  }

  void end() {
    session_.closed(CloseReason::lost);
    check();
    require(session_.is_over() && !session_.next_deadline());
    for (const auto& [request, answers] : open_) require(answers == 1 || request == abandoned_);
  }

 private:
  static std::string with_line_ends(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
      if (c == '|') c = '\n';
    }
    return out;
  }

  void go_on(char what, std::string_view line) {
    const std::uint64_t request = open_.size() + 1;
    switch (what) {
      case 'r': return session_.receive(line, now_);
      case 'c': return session_.chosen({std::string(line), 0, 0}, now_);
      case 't': now_ += std::chrono::seconds(1); return session_.on_time(now_);
      case 'a': abandoned_ = 1; return session_.abandon(1);
      case 'x': open_[request] = 0; return session_.remove(request);
      case 'e': etag_ = line; return;
      default: break;
    }
    open_[request] = 0;
    WhipRequest patch{
        what == 's' ? "application/sdp" : "application/trickle-ice-sdpfrag", {}, with_line_ends(line)};
    if (what != 'p') patch.if_match = etag_;
    session_.patch(request, patch, now_);
  }

  // Behind the end, later requests are answered, and nothing else is done.
  void check() {
    while (const auto action = session_.poll_action()) {
      if (const auto* answer = std::get_if<whip_action::Answer>(&*action)) {
        require(++open_.at(answer->request) == 1);
        require(answer->answer.status >= 200 && answer->answer.status < 600);
        for (const auto& [name, value] : answer->answer.headers) require(is_field(value));
        continue;
      }
      require(!is_ended_);
      if (const auto* told = std::get_if<whip_action::Tell>(&*action)) require(text::is_json(told->message));
      is_ended_ = std::holds_alternative<whip_action::End>(*action);
    }
  }

  const WhipOptions options_;
  Zeros random_;
  WhipSession session_;
  TimePoint now_{};
  std::string etag_ = "*";
  std::map<std::uint64_t, int> open_;
  std::uint64_t abandoned_ = 0;
  bool is_begun_ = false;
  bool is_ended_ = false;
};

void check_session(std::string_view text, WhipOptions options) {
  Session session(options);
  bool is_empty = true;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    session.step(line);
    is_empty &= line.empty();
  }
  if (!is_empty) session.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // libFuzzer's own buffer may be larger than the input; a block of its size lets AddressSanitizer see the end.
  const std::vector<char> exact(data, data + size);
  const std::string_view text(exact.data(), exact.size());
  check_sdp(text);
  static_cast<void>(is_content_type(text, "application/sdp"));
  static_cast<void>(match(text, "\"etag\""));
  std::vector<std::pair<std::string, std::string>> links;
  append_links(text, links);
  for (const auto& [name, value] : links) require(is_field(value));
  check_session(text, {});
  check_session(text, {.kind = WhipKind::play, .require_if_match = true, .counter_offers = true});
  return 0;
}
