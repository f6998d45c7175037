#include "net/whip_forwarder.hpp"

#include <boost/asio/dispatch.hpp>
#include <charconv>
#include <chrono>
#include <utility>
#include <variant>

#include "signaling/core/ids.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_scanner.hpp"
#include "signaling/text/json_writer.hpp"

namespace signaling::net {
namespace {

using protocols::whip_problem;
using protocols::WhipAnswer;
using text::JsonScanner;
using text::JsonValue;

constexpr std::string_view peer_prefix = "whip-node/";
constexpr std::string_view request_event = "whip-request";
constexpr std::string_view answer_event = "whip-answer";
// What a message to another node and back may take longer than the other node's own work.
constexpr std::chrono::seconds way{2};

std::string text_of(const JsonValue& value) { return value.as_string().value_or(""); }

std::string write_request(std::string_view id, const WhipEndpoint::Change& change) {
  std::string json;
  text::JsonWriter out(json);
  out.raw(R"({"id":)").string(id).raw(R"(,"method":)");
  out.string(change.method == WhipResource::Method::patch ? "PATCH" : "DELETE");
  out.raw(R"(,"session":)").string(change.session).raw(R"(,"token":)").string(change.token);
  out.raw(R"(,"contentType":)").string(change.request.content_type);
  if (change.request.if_match) out.raw(R"(,"ifMatch":)").string(*change.request.if_match);
  out.raw(R"(,"body":)").string(change.request.body).raw("}");
  return json;
}

std::string write_answer(std::string_view id, const WhipAnswer& answer) {
  std::string json;
  text::JsonWriter out(json);
  out.raw(R"({"id":)").string(id).raw(R"(,"status":)").number(answer.status).raw(R"(,"headers":[)");
  bool is_first = true;
  for (const auto& [name, value] : answer.headers) {
    out.raw(std::exchange(is_first, false) ? "" : ",").string(name).raw(",").string(value);
  }
  out.raw(R"(],"body":)").string(answer.body).raw("}");
  return json;
}

WhipAnswer read_answer(std::string_view json) {
  const auto [status, headers, body] = text::members_of(json, {"status", "headers", "body"});
  WhipAnswer answer;
  std::from_chars(status.text.data(), status.text.data() + status.text.size(), answer.status);
  answer.body = text_of(body);
  JsonScanner list(headers.text);
  JsonValue name;
  JsonValue value;
  while (list.next_element(name) == JsonScanner::Step::member &&
         list.next_element(value) == JsonScanner::Step::member) {
    answer.headers.emplace_back(text_of(name), text_of(value));
  }
  return answer;
}

}  // namespace

class WhipForwarder::Impl : public std::enable_shared_from_this<WhipForwarder::Impl> {
 public:
  Impl(WhipEndpoint& endpoint, Router& router, boost::asio::any_io_executor executor)
      : endpoint_(endpoint),
        router_(router),
        executor_(std::move(executor)),
        tag_(make_id(system_random())),
        id_(std::string(peer_prefix) + tag_) {}

  void start() {
    LocalPeerOptions options;
    options.executor = executor_;
    options.id = id_;
    options.on_event = [this](const Event& event) {
      if (const auto* sent = std::get_if<event::Message>(&event)) receive(*sent);
    };
    peer_ = router_.connect_local(std::move(options));
  }

  const std::string& tag() const noexcept { return tag_; }

  void pass_on(WhipEndpoint::Change change, WhipResource::Reply reply) {
    boost::asio::dispatch(executor_,
                          [self = shared_from_this(), change = std::move(change),
                           reply = std::move(reply)]() mutable { self->ask(change, std::move(reply)); });
  }

 private:
  struct Pending {
    Pending(const boost::asio::any_io_executor& executor, WhipResource::Reply its_reply)
        : timer(executor), reply(std::move(its_reply)) {}
    boost::asio::steady_timer timer;
    WhipResource::Reply reply;
  };

  void ask(const WhipEndpoint::Change& change, WhipResource::Reply reply) {
    const std::string id = make_id(system_random());
    const std::string node = std::string(peer_prefix) + change.session.substr(0, change.session.find('.'));
    const std::string request = write_request(id, change);
    const SendResult sent = router_.send(Message::named(request_event, request, {.to = node}), id_);
    if (sent.status == SendStatus::dropped) return reply(whip_problem(404));
    auto& pending = pending_.try_emplace(id, executor_, std::move(reply)).first->second;
    const bool may_restart = change.method == WhipResource::Method::patch;
    pending.timer.expires_after(may_restart ? endpoint_.options().restart_timeout + way : way);
    pending.timer.async_wait([weak = weak_from_this(), id](auto error) {
      const auto self = error ? nullptr : weak.lock();
      if (self) self->finish(id, whip_problem(404, "The node of the session does not answer."));
    });
  }

  void finish(const std::string& id, WhipAnswer answer) {
    auto found = pending_.extract(id);
    if (!found.empty()) found.mapped().reply(std::move(answer));
  }

  // The router says who has sent it. A client that has chosen such an id still needs the id and the token of a session.
  void receive(const event::Message& sent) {
    const Message& message = sent.message;
    if (!sent.from.starts_with(peer_prefix)) return;
    if (message.event == request_event) return serve(message.payload, sent.from);
    if (message.event != answer_event) return;
    const auto [id] = text::members_of(message.payload, {"id"});
    finish(text_of(id), read_answer(message.payload));
  }

  void serve(std::string_view payload, std::string_view from) {
    const auto [id, method, session, token, type, match, body] =
        text::members_of(payload, {"id", "method", "session", "token", "contentType", "ifMatch", "body"});
    WhipEndpoint::Change change;
    change.method = method.equals("PATCH") ? WhipResource::Method::patch : WhipResource::Method::remove;
    change.session = text_of(session);
    change.token = text_of(token);
    change.request.content_type = text_of(type);
    change.request.body = text_of(body);
    if (match.is_present()) change.request.if_match = text_of(match);
    const auto reply = [weak = weak_from_this(), to = PeerId(from),
                        request = text_of(id)](const WhipAnswer& answer) {
      const auto self = weak.lock();
      if (!self) return;
      const std::string json = write_answer(request, answer);
      (void)self->router_.send(Message::named(answer_event, json, {.to = to}), self->id_);
    };
    // Not passed on again: an unknown session of this node is nowhere.
    endpoint_.change(std::move(change), reply);
  }

  WhipEndpoint& endpoint_;
  Router& router_;
  const boost::asio::any_io_executor executor_;
  const std::string tag_;
  const PeerId id_;
  std::unordered_map<std::string, Pending> pending_;
  LocalPeer peer_;
};

WhipForwarder::WhipForwarder(WhipEndpoint& endpoint, Router& router,
                             const boost::asio::any_io_executor& executor)
    : impl_(std::make_shared<Impl>(endpoint, router, executor)) {
  impl_->start();
}

WhipForwarder::~WhipForwarder() = default;

const std::string& WhipForwarder::tag() const noexcept { return impl_->tag(); }

bool WhipForwarder::is_elsewhere(std::string_view session) const noexcept {
  const std::string_view tag = session.substr(0, session.find('.'));
  return tag.size() < session.size() && tag.size() == impl_->tag().size() && tag != impl_->tag();
}

void WhipForwarder::pass_on(WhipEndpoint::Change change, WhipResource::Reply reply) {
  impl_->pass_on(std::move(change), std::move(reply));
}

}  // namespace signaling::net
