// What a client changes of its session: candidates, and the restart of ICE (RFC 9725 4.3).
#include <algorithm>
#include <chrono>

#include "protocols/whip_answers.hpp"
#include "protocols/whip_session.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_scanner.hpp"
#include "signaling/text/json_writer.hpp"

namespace signaling::protocols {
namespace {

using text::JsonKind;
using text::JsonScanner;
using text::JsonValue;

constexpr std::chrono::seconds between_restarts{1};

std::size_t candidates_in(const sdp::Fragment& fragment) noexcept {
  std::size_t count = 0;
  for (const auto& section : fragment.sections) count += section.candidates.size();
  return count;
}

void append_candidate(std::string& out, JsonValue value) {
  const auto candidate = value.as_string();
  if (!candidate || !candidate->starts_with("candidate:") || !sdp::is_line(*candidate)) return;
  out.append("a=").append(*candidate).append("\r\n");
}

}  // namespace

bool WhipSession::may_patch(TimePoint now) {
  if (options_.patches_per_second == 0) return true;
  const std::chrono::duration<double> passed = now - patches_at_;
  patches_at_ = now;
  const double most = std::max(1.0, static_cast<double>(options_.patch_burst));
  patches_ = std::min(most, patches_ + passed.count() * options_.patches_per_second);
  if (patches_ < 1) return false;
  patches_ -= 1;
  return true;
}

void WhipSession::patch(std::uint64_t request, const WhipRequest& what, TimePoint now) {
  if (!is_open()) return answer(request, whip_problem(404));
  if (!may_patch(now)) return answer(request, whip_retry(429, {}, std::chrono::seconds(1)));
  if (state_ == State::countering) return take_counter_answer(request, what, now);
  if (!is_content_type(what.content_type, fragment_type)) {
    WhipAnswer problem = whip_problem(415, "The fragment must be application/trickle-ice-sdpfrag.");
    problem.headers.emplace_back("Accept-Patch", fragment_type);
    return answer(request, std::move(problem));
  }
  const Fragment fragment{sdp::read_fragment(what.body)};
  if (fragment.ufrag.empty() || fragment.pwd.empty()) {
    return answer(request, whip_problem(400, "The fragment needs a=ice-ufrag and a=ice-pwd."));
  }
  if (options_.max_candidates != 0 && candidates_in(fragment) > options_.max_candidates) {
    return answer(request, whip_problem(413, "The fragment has too many candidates."));
  }
  const bool is_known = std::ranges::find(ufrags_, fragment.ufrag) != ufrags_.end();
  // Candidates of the restart that is under way are on their way behind it.
  const bool is_expected = restart_ && restart_->ufrag == fragment.ufrag && candidates_in(fragment) != 0;
  if (is_known || is_expected) return trickle(request, what, fragment);
  restart(request, what, fragment, now);
}

void WhipSession::take_counter_answer(std::uint64_t request, const WhipRequest& what, TimePoint now) {
  if (!is_content_type(what.content_type, sdp_type)) {
    WhipAnswer problem = whip_problem(415, "The answer must be application/sdp.");
    problem.headers.emplace_back("Accept-Patch", sdp_type);
    return answer(request, std::move(problem));
  }
  const auto description = sdp::read_offer(what.body);
  if (!description) return answer(request, whip_problem(400, "The body must be an SDP answer."));
  ufrags_ = description->ufrags;
  offer_ = std::make_shared<const Offer>(Offer{*description});
  std::string message = to_media_peer("answer");
  text::JsonWriter out(message);
  out.raw(R"(,"data":{"type":"answer","sdp":)").string(what.body).raw("}}");
  tell(std::move(message));
  state_ = State::open;
  opened(now);
  answer(request, {204, {}, {}});
}

void WhipSession::trickle(std::uint64_t request, const WhipRequest& what, const Fragment& fragment) {
  if (!options_.trickle) return answer(request, whip_problem(422, "Candidates cannot be sent later."));
  if (!what.if_match && options_.require_if_match) {
    return answer(request, whip_problem(428, "The request needs If-Match."));
  }
  if (what.if_match && match(*what.if_match, etag_) == Match::other) {
    return answer(request, whip_problem(412));
  }
  pass_candidates(fragment);
  answer(request, {204, {}, {}});
}

// All sections of a bundle share one transport, for which some clients repeat each candidate: the first section counts.
void WhipSession::pass_candidates(const Fragment& fragment) {
  std::vector<std::string_view> passed;
  bool is_first_end = true;
  const auto pass = [&](std::string_view candidate, const sdp::Section& section, std::size_t index,
                        std::string_view ufrag) {
    std::string message = to_media_peer("candidate");
    text::JsonWriter out(message);
    out.raw(R"(,"data":{"candidate":)").string(candidate).raw(R"(,"sdpMid":)").string(section.mid);
    out.raw(R"(,"sdpMLineIndex":)").number(index).raw(R"(,"usernameFragment":)").string(ufrag).raw("}}");
    tell(std::move(message));
  };
  for (const sdp::FragmentSection& from : fragment.sections) {
    const auto& sections = offer_->sections;
    const auto found =
        from.mid.empty() ? sections.begin() : std::ranges::find(sections, from.mid, &sdp::Section::mid);
    if (found == sections.end()) continue;
    const auto index = static_cast<std::size_t>(found - sections.begin());
    const std::string_view ufrag = from.ufrag.empty() ? fragment.ufrag : from.ufrag;
    bool has_own = false;
    for (const std::string_view candidate : from.candidates) {
      if (std::ranges::find(passed, candidate) != passed.end()) continue;
      passed.push_back(candidate);
      has_own = true;
      pass(candidate, *found, index, ufrag);
    }
    if (!from.is_complete || !(has_own || is_first_end)) continue;
    is_first_end = false;
    pass({}, *found, index, ufrag);
  }
}

void WhipSession::restart(std::uint64_t request, const WhipRequest& what, const Fragment& fragment,
                          TimePoint now) {
  if (!what.if_match) return answer(request, whip_problem(428, "A restart of ICE needs If-Match."));
  if (match(*what.if_match, etag_) == Match::other) return answer(request, whip_problem(412));
  if (restart_) return answer(request, whip_problem(409, "ICE is being restarted already."));
  if (last_restart_ && now - *last_restart_ < between_restarts) {
    return answer(request, whip_retry(429, "ICE was restarted just now.", between_restarts));
  }
  last_restart_ = now;
  restart_ =
      Restart{request, std::string(fragment.ufrag),
              options_.restart_timeout.count() != 0 ? now + options_.restart_timeout : TimePoint::max()};
  std::string message = to_media_peer("event");
  text::JsonWriter out(message);
  out.raw(R"(,"event":"ice-restart","id":)").string(whip_restart_tag).raw(R"(,"data":{"ufrag":)");
  out.string(fragment.ufrag).raw(R"(,"pwd":)").string(fragment.pwd).raw(R"(,"candidates":[)");
  std::string_view mid = offer_->sections.front().mid;
  if (!fragment.sections.empty() && !fragment.sections.front().mid.empty())
    mid = fragment.sections.front().mid;
  std::vector<std::string_view> told;
  for (const sdp::FragmentSection& section : fragment.sections) {
    for (const std::string_view candidate : section.candidates) {
      if (std::ranges::find(told, candidate) != told.end()) continue;
      out.raw(told.empty() ? "" : ",").string(candidate);
      told.push_back(candidate);
    }
  }
  out.raw(R"(],"mid":)").string(mid).raw("}}");
  tell(std::move(message));
}

void WhipSession::restarted(std::string_view payload) {
  if (!restart_) {
    ++dropped_;
    return;
  }
  const auto [its_ufrag, its_pwd, candidates] = text::members_of(payload, {"ufrag", "pwd", "candidates"});
  const auto ufrag = its_ufrag.as_string();
  const auto pwd = its_pwd.as_string();
  if (!ufrag || !pwd || !sdp::is_line(*ufrag) || !sdp::is_line(*pwd)) {
    return fail_restart("The media server gives no credentials.");
  }
  const sdp::Section& first = offer_->sections.front();
  std::string body;
  if (answer_is_lite_) body += "a=ice-lite\r\n";
  if (answer_is_trickle_) body += "a=ice-options:trickle\r\n";
  body.append("m=").append(first.media).append(" 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:").append(first.mid);
  body.append("\r\na=ice-ufrag:").append(*ufrag).append("\r\na=ice-pwd:").append(*pwd).append("\r\n");
  if (candidates.kind == JsonKind::array) {
    JsonScanner list(candidates.text);
    JsonValue candidate;
    while (list.next_element(candidate) == JsonScanner::Step::member) append_candidate(body, candidate);
  }
  body += "a=end-of-candidates\r\n";
  const Restart done = *std::exchange(restart_, std::nullopt);
  ufrags_ = {done.ufrag};
  etag_ = make_etag(random_);
  answer(done.request,
         {200, {{"Content-Type", std::string(fragment_type)}, {"ETag", etag_}}, std::move(body)});
}

void WhipSession::fail_restart(std::string_view detail) {
  if (!restart_) return;
  answer(std::exchange(restart_, std::nullopt)->request, whip_problem(422, detail));
}

}  // namespace signaling::protocols
