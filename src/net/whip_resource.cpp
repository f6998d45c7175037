#include "net/whip_resource.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <variant>

#include "net/whip_endpoint.hpp"
#include "net/worker.hpp"
#include "signaling/core/peer.hpp"

namespace signaling::net {

WhipResource::WhipResource(std::shared_ptr<WhipEndpoint> endpoint, std::shared_ptr<Worker> worker,
                           Names names)
    : endpoint_(std::move(endpoint)),
      names_(std::move(names)),
      peer_(std::move(worker), *this),
      session_(endpoint_->options(), names_.room, names_.location, system_random()) {}

bool WhipResource::accepts(std::string_view token) const noexcept {
  return names_.token.empty() || equal_secrets(token, names_.token);
}

void WhipResource::post(protocols::WhipRequest request, const ConnectInfo& info, Reply reply) {
  session_.post(first_request, std::move(request));
  connect(info, std::move(reply));
}

void WhipResource::discover(const ConnectInfo& info, Reply reply) {
  session_.discover(first_request);
  connect(info, std::move(reply));
}

void WhipResource::connect(const ConnectInfo& info, Reply reply) {
  replies_.emplace_back(first_request, std::move(reply));
  peer_.connect(shared_from_this(), endpoint_->language().make(), info);
  pump();
}

void WhipResource::change(Method method, const protocols::WhipRequest& request, Reply reply) {
  if (!peer_.worker()) return reply(protocols::whip_problem(404));
  const std::uint64_t number = ++last_request_;
  replies_.emplace_back(number, std::move(reply));
  if (method == Method::patch) {
    session_.patch(number, request, peer_.worker()->now());
  } else {
    session_.remove(number);
  }
  pump();
}

// Also after the answer: a client that did not get it does not know the session.
void WhipResource::abandon() {
  if (!peer_.worker()) return;
  session_.abandon(first_request);
  session_.closed(CloseReason::lost);
  pump();
}

// The router may not be told anything before this returns.
void WhipResource::on_message(std::string_view message) {
  session_.receive(message, peer_.worker()->now());
  if (std::exchange(is_pump_posted_, true)) return;
  boost::asio::post(peer_.executor(), [self = shared_from_this()] {
    self->is_pump_posted_ = false;
    self->pump();
  });
}

void WhipResource::on_closed(CloseReason reason) {
  is_closing_ = true;
  session_.closed(reason);
  pump();
}

void WhipResource::on_time(TimePoint now) {
  session_.on_time(now);
  pump();
}

void WhipResource::pump() {
  while (auto action = session_.poll_action()) {
    std::visit([this](auto& what) { perform(what); }, *action);
  }
  if (const std::size_t dropped = session_.take_dropped(); dropped != 0) endpoint_->count_dropped(dropped);
  peer_.set_deadline(session_.next_deadline());
}

void WhipResource::perform(protocols::whip_action::Answer& action) {
  const auto found =
      std::ranges::find(replies_, action.request, [](const auto& reply) { return reply.first; });
  if (found == replies_.end()) return;
  Reply reply = std::move(found->second);
  replies_.erase(found);
  reply(std::move(action.answer));
}

void WhipResource::perform(protocols::whip_action::Tell& action) {
  if (!is_closing_) peer_.receive(action.message);
}

void WhipResource::perform(protocols::whip_action::Choose& /*action*/) {
  const auto peer = peer_.peer();
  if (!peer) return;
  session_.chosen(endpoint_->look(names_.room, peer->id()), peer_.worker()->now());
}

void WhipResource::perform(protocols::whip_action::End& action) {
  is_closing_ = true;
  endpoint_->remove(*this);
  peer_.disconnect(action.reason);
}

}  // namespace signaling::net
