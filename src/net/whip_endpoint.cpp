#include "net/whip_endpoint.hpp"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <stdexcept>
#include <utility>

#include "net/server_context.hpp"
#include "net/whip_forwarder.hpp"
#include "net/worker.hpp"
#include "signaling/core/router.hpp"
#include "signaling/text/percent.hpp"
#include "signaling/text/utf8.hpp"

namespace signaling::net {
namespace {

using protocols::whip_problem;
using protocols::whip_retry;
using protocols::WhipAnswer;
using protocols::WhipKind;

constexpr std::string_view methods = "OPTIONS, GET, HEAD, POST, PATCH, DELETE";
constexpr std::string_view room_methods = "OPTIONS, GET, HEAD, POST";
constexpr std::string_view session_methods = "OPTIONS, GET, HEAD, PATCH, DELETE";
constexpr std::string_view exposed_fields =
    "Location, ETag, Link, Accept-Patch, Retry-After, WWW-Authenticate, Access-Control-Allow-Methods";
constexpr std::string_view sessions_folder = "session";
constexpr std::chrono::seconds soon{2};
// Addresses whose rate is known; when there are more, all are forgotten.
constexpr std::size_t max_addresses = 10'000;
constexpr double burst_seconds = 10;

WhipRoute checked(WhipRoute route) {
  std::string& url = route.base_url;
  while (url.ends_with('/')) url.pop_back();
  const bool is_url = url.starts_with("http://") || url.starts_with("https://");
  const bool is_printable = std::ranges::none_of(url, [](char c) { return c <= ' ' || c >= 0x7F; });
  if (!url.empty() && !(is_url && is_printable)) {
    throw std::invalid_argument("WhipRoute::base_url must begin with http:// or https://");
  }
  return route;
}

// Credentials are not in the URL alone: nothing of the query but the token counts, since a session has an id of its own.
ConnectInfo info_of(const HttpRequest& request) {
  ConnectInfo info = connect_info(request);
  info.wished_id.clear();
  info.resume.clear();
  info.keep.clear();
  info.received.clear();
  return info;
}

protocols::WhipRequest request_of(const HttpRequest& request) {
  protocols::WhipRequest result;
  result.content_type = request.header("content-type");
  std::string match;
  for (const auto& [name, value] : request.headers) {
    if (name == "if-match") match.append(match.empty() ? "" : ",").append(value);
  }
  if (!match.empty()) result.if_match = std::move(match);
  result.body = request.body;
  return result;
}

WhipAnswer not_allowed(std::string_view allowed) {
  WhipAnswer answer = whip_problem(405);
  answer.headers.emplace_back("Allow", allowed);
  return answer;
}

}  // namespace

/// Answers one request, with what all answers have.
class WhipEndpoint::Answer {
 public:
  Answer(const HttpResponder& responder, const HttpRequest& request, bool is_open_to_all)
      : responder_(responder),
        origin_(request.allowed_origin),
        has_token_(!connect_info(request).token.empty()),
        is_options_(request.method == "OPTIONS") {
    if (origin_.empty() && is_open_to_all) origin_ = "*";
  }

  const HttpResponder& responder() const noexcept { return responder_; }

  void operator()(WhipAnswer answer, AnswerEvents events = {}) const {
    HttpResponse response{answer.status, std::move(answer.headers), std::move(answer.body)};
    for (auto& [name, value] : response.headers) {
      if (has_token_ && response.status == 401 && name == "WWW-Authenticate") {
        value += " error=\"invalid_token\"";
      }
    }
    add_cors(response.headers);
    responder_.send(std::move(response), std::move(events));
  }

 private:
  void add_cors(HttpFields& headers) const {
    if (origin_.empty()) return;
    headers.emplace_back("Access-Control-Allow-Origin", origin_);
    if (origin_ != "*") headers.emplace_back("Vary", "Origin");
    headers.emplace_back("Access-Control-Expose-Headers", exposed_fields);
    if (!is_options_) return;
    headers.emplace_back("Access-Control-Allow-Methods", methods);
    headers.emplace_back("Access-Control-Allow-Headers", "authorization, content-type, if-match, etag");
    headers.emplace_back("Access-Control-Max-Age", "86400");
  }

  HttpResponder responder_;
  std::string origin_;
  bool has_token_;
  bool is_options_;
};

WhipEndpoint::WhipEndpoint(std::string path, WhipRoute route, ServerContext& context,
                           std::vector<std::weak_ptr<Worker>> workers)
    : path_(std::move(path)),
      route_(checked(std::move(route))),
      is_open_to_all_(!route_.allowed_origins || std::ranges::count(*route_.allowed_origins, "*") != 0),
      language_(route_.options),
      context_(context),
      workers_(std::move(workers)) {
  if (path_.find_first_of("?#{}*") != std::string::npos) {
    throw std::invalid_argument("a path of WHIP is a prefix, in front of the name of a room");
  }
}

WhipEndpoint::~WhipEndpoint() = default;

void WhipEndpoint::start() {
  if (!route_.forward) return;
  const auto worker = workers_.front().lock();
  if (worker) forwarder_ = std::make_unique<WhipForwarder>(*this, context_.router, worker->executor());
}

// By the target as it was sent: a slash in the name of a room is percent-encoded.
std::optional<WhipEndpoint::Place> WhipEndpoint::place_of(std::string_view target) const {
  std::string_view rest = target.substr(0, target.find('?'));
  if (!rest.starts_with(path_)) return std::nullopt;
  rest.remove_prefix(path_.size());
  if (!rest.starts_with('/')) return std::nullopt;
  rest.remove_prefix(1);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view id = rest.substr(slash + 1);
    if (rest.substr(0, slash) != sessions_folder || id.find('/') != std::string_view::npos)
      return std::nullopt;
    return Place{{}, std::string(id)};
  }
  auto name = text::percent_decode(rest);
  if (!name || name->empty() || !text::is_utf8(*name)) return std::nullopt;
  return Place{route_.room_prefix + *name, {}};
}

void WhipEndpoint::handle(const HttpRequest& request, const HttpResponder& responder) {
  Answer answer(responder, request, is_open_to_all_);
  const auto place = place_of(request.target);
  if (!place) return answer(whip_problem(404));
  if (place->room.empty()) return handle_session(*place, request, answer);
  handle_room(*place, request, answer);
}

void WhipEndpoint::handle_room(const Place& place, const HttpRequest& request, const Answer& answer) {
  if (request.method == "POST") return post(place, request, answer);
  if (request.method == "GET") return answer({204, {}, {}});
  if (request.method == "HEAD") {
    // draft-ietf-wish-whep-03: by this a player recognizes an endpoint.
    if (route_.options.kind == WhipKind::publish) return answer({204, {}, {}});
    return answer({200, {{"Content-Type", "application/sdp"}}, {}});
  }
  if (request.method != "OPTIONS") return answer(not_allowed(room_methods));
  if (request.header("access-control-request-method").empty()) return discover(request, answer);
  answer({204, {{"Accept-Post", "application/sdp"}}, {}});
}

void WhipEndpoint::handle_session(const Place& place, const HttpRequest& request, const Answer& answer) {
  const bool is_patch = request.method == "PATCH";
  if (request.method == "OPTIONS") {
    return answer({204, {{"Accept-Patch", "application/trickle-ice-sdpfrag"}}, {}});
  }
  if (is_patch || request.method == "DELETE") {
    Change what;
    what.method = is_patch ? WhipResource::Method::patch : WhipResource::Method::remove;
    what.session = place.session;
    what.token = connect_info(request).token;
    what.request = request_of(request);
    return change(std::move(what), [answer](WhipAnswer result) { answer(std::move(result)); });
  }
  if (request.method != "GET" && request.method != "HEAD") return answer(not_allowed(session_methods));
  answer(find(place.session) || forwarder_ ? WhipAnswer{204, {}, {}} : whip_problem(404));
}

std::optional<WhipAnswer> WhipEndpoint::refuse(const HttpRequest& request,
                                               const std::shared_ptr<Worker>& worker) {
  if (!worker || worker->stopping() || context_.draining.load(std::memory_order_relaxed)) {
    return whip_retry(503, "The server stops.", soon);
  }
  if (!may_post(request.remote_address, worker->now())) return whip_retry(429, {}, soon);
  const std::lock_guard lock(mutex_);
  if (route_.max_sessions == 0 || resources_.size() < route_.max_sessions) return std::nullopt;
  ServerCounters::add(context_.counters.refused_sessions);
  return whip_retry(503, "The server has too many sessions.", soon);
}

void WhipEndpoint::post(const Place& place, const HttpRequest& request, const Answer& answer) {
  const auto worker = worker_of(answer.responder().executor());
  if (auto refused = refuse(request, worker)) return answer(*std::move(refused));
  const ConnectInfo info = info_of(request);
  std::string id = make_id(system_random());
  if (forwarder_) id = forwarder_->tag() + '.' + id;
  std::string location = route_.base_url + path_ + '/' + std::string(sessions_folder) + '/' + id;
  const auto resource = std::make_shared<WhipResource>(
      shared_from_this(), worker, WhipResource::Names{place.room, id, std::move(location), info.token});
  {
    const std::lock_guard lock(mutex_);
    resources_.emplace(std::move(id), resource);
  }
  const std::weak_ptr<WhipResource> weak = resource;
  answer.responder().on_abort([weak] {
    if (const auto alive = weak.lock()) alive->abandon();
  });
  resource->post(request_of(request), info, [answer, weak](WhipAnswer result) {
    AnswerEvents events;
    if (result.status == 201 || result.status == 406) {
      events.left = [weak](AnswerFate fate) {
        const auto alive = fate == AnswerFate::lost ? weak.lock() : nullptr;
        if (alive) alive->abandon();
      };
    }
    answer(std::move(result), std::move(events));
  });
}

// Old native clients configure themselves before the offer.
void WhipEndpoint::discover(const HttpRequest& request, const Answer& answer) {
  const auto worker = worker_of(answer.responder().executor());
  if (refuse(request, worker)) return answer({204, {{"Accept-Post", "application/sdp"}}, {}});
  const auto resource = std::make_shared<WhipResource>(shared_from_this(), worker, WhipResource::Names{});
  resource->discover(info_of(request), [answer](WhipAnswer result) { answer(std::move(result)); });
}

void WhipEndpoint::change(Change change, WhipResource::Reply reply) {
  const auto resource = find(change.session);
  if (!resource) {
    if (forwarder_ && forwarder_->is_elsewhere(change.session)) {
      return forwarder_->pass_on(std::move(change), std::move(reply));
    }
    return reply(whip_problem(404));
  }
  if (!resource->accepts(change.token)) {
    WhipAnswer refused = whip_problem(401);
    refused.headers.emplace_back("WWW-Authenticate", "Bearer");
    return reply(std::move(refused));
  }
  // At once, if this is the session's executor.
  boost::asio::dispatch(
      resource->executor(),
      [resource, method = change.method, request = std::move(change.request),
       reply = std::move(reply)]() mutable { resource->change(method, request, std::move(reply)); });
}

// Both reads are of this node's view of the room, which it follows since the peer is in it.
protocols::WhipRoom WhipEndpoint::look(std::string_view name, std::string_view self) const {
  protocols::WhipRoom found;
  const auto room = context_.router.find_room(name);
  const auto members = room ? room->members() : std::vector<Member>();
  const auto own = std::ranges::find(members, self, &Member::id);
  for (auto member = members.begin(); member != own; ++member) {  // in the order in which they joined
    if (!protocols::is_whip_client(member->metadata.view())) continue;
    ++found.sessions;
    if (protocols::is_whip_client(member->metadata.view(), WhipKind::publish)) ++found.publishers;
  }
  found.media_peer =
      route_.media_peer ? route_.media_peer(name, route_.options.kind) : default_media_peer(name);
  return found;
}

PeerId WhipEndpoint::default_media_peer(std::string_view name) const {
  const auto room = context_.router.find_room(name);
  if (!room) return {};
  std::vector<PeerId> servers;
  std::vector<PeerId> local;
  for (const Member& member : room->members()) {
    if (protocols::is_media_server(member.metadata.view())) servers.push_back(member.id);
    const auto peer = context_.router.find_peer(member.id);
    if (peer && peer->is_local()) local.push_back(member.id);
  }
  if (servers.size() == 1) return servers.front();
  return local.size() == 1 ? local.front() : PeerId();
}

bool WhipEndpoint::may_post(const std::string& address, TimePoint now) {
  const auto rate = static_cast<double>(route_.sessions_per_second_per_address);
  if (rate == 0) return true;
  const std::lock_guard lock(mutex_);
  if (allowances_.size() >= max_addresses && !allowances_.contains(address)) allowances_.clear();
  auto& allowance = allowances_.try_emplace(address, Allowance{rate * burst_seconds, now}).first->second;
  const std::chrono::duration<double> passed = now - std::exchange(allowance.at, now);
  allowance.left = std::min(rate * burst_seconds, allowance.left + passed.count() * rate);
  if (allowance.left < 1) return false;
  allowance.left -= 1;
  return true;
}

void WhipEndpoint::count_dropped(std::size_t count) noexcept {
  context_.counters.whip_dropped.fetch_add(count, std::memory_order_relaxed);
}

// The caller is kept by its worker.
void WhipEndpoint::remove(const WhipResource& resource) {
  const std::lock_guard lock(mutex_);
  resources_.erase(resource.id());
}

std::shared_ptr<WhipResource> WhipEndpoint::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = resources_.find(std::string(id));
  return found == resources_.end() ? nullptr : found->second;
}

std::shared_ptr<Worker> WhipEndpoint::worker_of(const boost::asio::any_io_executor& executor) const {
  for (const auto& entry : workers_) {
    auto worker = entry.lock();
    if (worker && worker->executor() == executor) return worker;
  }
  return nullptr;
}

}  // namespace signaling::net
