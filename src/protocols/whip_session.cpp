#include "protocols/whip_session.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocols/whip_answers.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_writer.hpp"
#include "signaling/text/utc_string.hpp"

namespace signaling::protocols {
namespace {

using std::chrono::seconds;
using text::JsonKind;
using text::JsonValue;

// For media that somebody is about to bring.
constexpr seconds soon{2};
constexpr seconds later{10};
// draft-ietf-wish-whep-03: how long a player has for the answer to a counter-offer.
constexpr seconds counter_offer_time{30};
constexpr std::array<unsigned, 7> passed_statuses{400, 403, 404, 406, 409, 422, 503};

// What the media peer's event `rejected` says; 422, if it gives no status of these.
WhipAnswer rejection(std::string_view payload) {
  const auto [status, detail] = text::members_of(payload, {"status", "detail"});
  unsigned number = 0;
  const char* const end = status.text.data() + status.text.size();
  if (status.kind == JsonKind::number) std::from_chars(status.text.data(), end, number);
  if (std::ranges::find(passed_statuses, number) == passed_statuses.end()) number = 422;
  return whip_problem(number, detail.as_string().value_or(""));
}

WhipAnswer unauthorized() {
  WhipAnswer answer = whip_problem(401);
  answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

// The answer for a request that the router has refused.
WhipAnswer refusal(const JsonValue& code, std::string_view detail) {
  const auto is = [&](errc what) { return code.equals(to_string(what)); };
  if (is(errc::unauthorized) || is(errc::expired)) return unauthorized();
  if (is(errc::forbidden) || is(errc::kicked) || is(errc::id_in_use)) return whip_problem(403, detail);
  if (is(errc::bad_id) || is(errc::bad_request)) return whip_problem(400, detail);
  if (is(errc::message_too_large)) return whip_problem(413, detail);
  if (is(errc::rate_limited)) return whip_retry(429, detail, soon);
  return whip_retry(503, detail, soon);
}

bool is_allowed(sdp::Direction direction, WhipKind kind) noexcept {
  if (direction == sdp::Direction::inactive) return false;
  return direction != (kind == WhipKind::publish ? sdp::Direction::recvonly : sdp::Direction::sendonly);
}

}  // namespace

WhipSession::Message::Message(std::string_view text) {
  auto values = text::members_of(
      text, {"type", "from", "event", "data", "code", "message", "id", "reason", "peer", "iceServers"});
  std::array<JsonValue*, values.size()> members{&type,    &from, &event,  &data, &code,
                                                &message, &id,   &reason, &peer, &ice_servers};
  for (std::size_t i = 0; i < values.size(); ++i) *members[i] = values[i];
}

WhipSession::WhipSession(const WhipOptions& options, RoomId room, std::string location, Random& random)
    : options_(options), room_(std::move(room)), location_(std::move(location)), random_(random) {}

void WhipSession::post(std::uint64_t request, WhipRequest what) {
  post_ = request;
  offer_request_ = std::move(what);
}

void WhipSession::discover(std::uint64_t request) {
  post_ = request;
  is_discovery_ = true;
}

std::optional<WhipAction> WhipSession::poll_action() {
  if (actions_.empty()) return std::nullopt;
  WhipAction action = std::move(actions_.front());
  actions_.pop_front();
  return action;
}

std::optional<TimePoint> WhipSession::next_deadline() const noexcept {
  if (state_ == State::over) return std::nullopt;
  if (!restart_ || restart_->deadline == TimePoint::max()) return deadline_;
  return deadline_ ? std::min(*deadline_, restart_->deadline) : restart_->deadline;
}

void WhipSession::answer(std::uint64_t request, WhipAnswer what) {
  actions_.emplace_back(whip_action::Answer{request, std::move(what)});
}

void WhipSession::refuse(WhipAnswer what) {
  // Who only asks for servers gets an answer in any case, without them.
  answer(post_,
         is_discovery_ ? WhipAnswer{204, {{"Accept-Post", std::string(sdp_type)}}, {}} : std::move(what));
  post_ = 0;
  end(CloseReason::normal);
}

void WhipSession::end(CloseReason reason) {
  if (state_ == State::over) return;
  if (restart_) answer(std::exchange(restart_, std::nullopt)->request, whip_problem(404));
  state_ = State::over;
  actions_.emplace_back(whip_action::End{reason});
}

void WhipSession::remove(std::uint64_t request) {
  if (!is_open()) return answer(request, whip_problem(404));
  answer(request, {200, {}, {}});
  end(CloseReason::normal);
}

void WhipSession::abandon(std::uint64_t request) {
  if (request == post_ && !is_over()) return end(CloseReason::lost);
  // Its restart goes on, since the media peer has begun it; the answer has nowhere to go.
}

void WhipSession::closed(CloseReason reason) {
  if (is_over()) return;
  if (post_ != 0) {
    const bool is_refused = reason == CloseReason::kicked || reason == CloseReason::expired;
    answer(std::exchange(post_, 0), is_refused ? whip_problem(403) : whip_retry(503, {}, soon));
  }
  end(reason);
}

void WhipSession::on_time(TimePoint now) {
  if (restart_ && restart_->deadline <= now) fail_restart("The media server does not restart ICE.");
  if (!deadline_ || *deadline_ > now) return;
  deadline_.reset();
  if (state_ == State::offering) return refuse(whip_problem(504, "The media server does not answer."));
  if (is_open()) end(CloseReason::timeout);
}

void WhipSession::receive(std::string_view text, TimePoint now) {
  if (is_over()) return;
  const Message message(text);
  if (message.type.equals("welcome")) return admitted(message);
  if (message.type.equals("joined")) {
    if (state_ != State::joining) return;
    state_ = State::choosing;
    actions_.emplace_back(whip_action::Choose{});
  } else if (message.type.equals("error")) {
    told_error(message);
  } else if (message.type.equals("left")) {
    closed(CloseReason::kicked);
  } else if (message.type.equals("peer-left")) {
    if (message.peer.equals(media_peer_)) media_peer_gone();
  } else if (!media_peer_.empty() && message.from.equals(media_peer_)) {
    told_by_media_peer(message, now);
  }
}

void WhipSession::admitted(const Message& message) {
  if (state_ != State::entering) return;
  ice_servers_ = message.ice_servers.text;
  if (!is_discovery_) return check_offer();
  WhipAnswer servers{204, {{"Accept-Post", std::string(sdp_type)}}, {}};
  append_links(ice_servers_, servers.headers);
  answer(std::exchange(post_, 0), std::move(servers));
  end(CloseReason::normal);
}

void WhipSession::check_offer() {
  if (!is_content_type(offer_request_.content_type, sdp_type)) {
    WhipAnswer problem = whip_problem(415, "The offer must be application/sdp.");
    problem.headers.emplace_back("Accept", sdp_type);
    return refuse(std::move(problem));
  }
  auto offer = sdp::read_offer(offer_request_.body);
  if (!offer) {
    return refuse(whip_problem(400,
                               "The body must be an SDP offer: v=0, at least one media section, ICE "
                               "credentials, and a=mid in each section."));
  }
  for (const sdp::Section& section : offer->sections) {
    if (is_allowed(section.direction, options_.kind)) continue;
    return refuse(whip_problem(422, options_.kind == WhipKind::publish
                                        ? "A publisher must offer to send in each section."
                                        : "A player must offer to receive in each section."));
  }
  ufrags_ = offer->ufrags;
  offer_ = std::make_shared<const Offer>(Offer{*std::move(offer)});
  state_ = State::joining;
  std::string join;
  text::JsonWriter out(join);
  out.raw(R"({"type":"join","room":)").string(room_).raw(R"(,"metadata":)").raw(whip_metadata(options_.kind));
  out.raw(R"(,"id":)").string(whip_join_tag).raw("}");
  tell(std::move(join));
}

void WhipSession::chosen(WhipRoom found, TimePoint now) {
  if (state_ != State::choosing) return;
  const bool publishes = options_.kind == WhipKind::publish;
  if (options_.sessions_per_room != 0 && found.sessions >= options_.sessions_per_room) {
    return refuse(whip_retry(503, "The room has too many sessions.", later));
  }
  if (publishes && options_.publishers_per_room != 0 && found.publishers >= options_.publishers_per_room) {
    return refuse(whip_problem(409, "Somebody publishes to this room already."));
  }
  media_peer_ = std::move(found.media_peer);
  if (media_peer_.empty()) return media_peer_gone();
  std::string offer = to_media_peer("offer");
  text::JsonWriter out(offer);
  out.raw(R"(,"id":)").string(whip_offer_tag).raw(R"(,"data":{"type":"offer","sdp":)");
  out.string(offer_request_.body).raw(R"(,"trickle":false}})");
  tell(std::move(offer));
  std::string().swap(offer_request_.body);
  state_ = State::offering;
  if (options_.answer_timeout.count() != 0) deadline_ = now + options_.answer_timeout;
}

// The beginning of a message; whoever calls this writes the rest.
std::string WhipSession::to_media_peer(std::string_view type) const {
  std::string message;
  text::JsonWriter out(message);
  out.raw(R"({"type":)").string(type).raw(R"(,"to":)").string(media_peer_).raw(R"(,"room":)").string(room_);
  return message;
}

void WhipSession::told_error(const Message& message) {
  if (message.id.equals(whip_restart_tag)) return fail_restart("The media server cannot be reached.");
  if (message.id.equals(whip_offer_tag) && message.code.equals(to_string(errc::peer_not_found))) {
    return media_peer_gone();
  }
  if (post_ != 0) told_refusal(message);
}

void WhipSession::told_refusal(const Message& message) {
  const auto detail = message.message.as_string().value_or("");
  WhipAnswer what = refusal(message.code, detail);
  refuse(std::move(what));
}

// Before an offer is answered: as if it had not been there.
void WhipSession::media_peer_gone() {
  if (is_open()) return end(CloseReason::normal);
  if (options_.kind == WhipKind::play) return refuse(whip_retry(404, "There is nothing to play yet.", soon));
  refuse(whip_retry(503, "The room has no media server.", soon));
}

void WhipSession::told_by_media_peer(const Message& message, TimePoint now) {
  if (message.type.equals("event")) return told_event(message);
  const bool is_offering = state_ == State::offering;
  if (message.type.equals("answer") && is_offering) return answered(message.data.text, now);
  if (message.type.equals("offer") && is_offering) return counter_offered(message.data.text, now);
  if (message.type.equals("candidate") && is_offering) return keep_candidate(message.data.text);
  ++dropped_;
}

void WhipSession::told_event(const Message& message) {
  if (message.event.equals("closed")) {
    return is_open() ? end(CloseReason::normal) : closed(CloseReason::normal);
  }
  if (message.event.equals("ice-restarted")) return restarted(message.data.text);
  if (state_ == State::offering) return refuse(rejection(message.data.text));
  const auto [detail] = text::members_of(message.data.text, {"detail"});
  fail_restart(detail.as_string().value_or(""));
}

void WhipSession::keep_candidate(std::string_view payload) {
  const std::size_t most = options_.max_candidates;
  if (most != 0 && early_candidates_.size() >= most) {
    ++dropped_;
    return;
  }
  early_candidates_.emplace_back(payload);
}

WhipAnswer WhipSession::created(unsigned status) const {
  WhipAnswer answer{status, {{"Content-Type", std::string(sdp_type)}, {"Location", location_}}, {}};
  answer.headers.emplace_back("ETag", etag_);
  answer.headers.emplace_back("Accept-Patch", std::string(fragment_type));
  answer.headers.emplace_back("Cache-Control", "no-store");
  append_links(ice_servers_, answer.headers);
  return answer;
}

void WhipSession::opened(TimePoint now) {
  deadline_.reset();
  if (options_.session_timeout.count() != 0) deadline_ = now + options_.session_timeout;
  patches_ = std::max(1.0, static_cast<double>(options_.patch_burst));
  patches_at_ = now;
}

void WhipSession::answered(std::string_view payload, TimePoint now) {
  const auto [sdp] = text::members_of(payload, {"sdp"});
  const auto description = sdp.as_string();
  if (!description || !description->starts_with("v=0")) {
    ++dropped_;
    return;
  }
  std::vector<sdp::LateCandidate> candidates;
  for (const std::string& early : early_candidates_) {
    const auto [line, mid, index] = text::members_of(early, {"candidate", "sdpMid", "sdpMLineIndex"});
    sdp::LateCandidate candidate{line.as_string().value_or(""), mid.as_string().value_or(""), 0};
    if (index.kind == JsonKind::number) {
      std::from_chars(index.text.data(), index.text.data() + index.text.size(), candidate.index);
    }
    if (!candidate.candidate.starts_with("candidate:") || !sdp::is_line(candidate.candidate)) continue;
    candidates.push_back(std::move(candidate));
  }
  early_candidates_ = {};
  etag_ = make_etag(random_);
  WhipAnswer what = created(201);
  what.body = sdp::complete(*description, candidates);
  const sdp::IceOptions ice = sdp::ice_options(*description);
  answer_is_lite_ = ice.is_lite;
  answer_is_trickle_ = ice.is_trickle;
  state_ = State::open;
  opened(now);
  answer(std::exchange(post_, 0), std::move(what));
}

// draft-ietf-wish-whep-03: the player answers with a PATCH.
void WhipSession::counter_offered(std::string_view payload, TimePoint now) {
  const auto [sdp] = text::members_of(payload, {"sdp"});
  const auto description = sdp.as_string();
  if (!description || !description->starts_with("v=0")) {
    ++dropped_;
    return;
  }
  etag_ = make_etag(random_);
  WhipAnswer what = created(406);
  what.headers.front().second =
      "application/sdp; valid-until=\"" + text::to_utc_string(wall_time() + counter_offer_time) + "\"";
  what.body = sdp::complete(*description, {});
  state_ = State::countering;
  opened(now);
  deadline_ = now + counter_offer_time;
  answer(std::exchange(post_, 0), std::move(what));
}

}  // namespace signaling::protocols
