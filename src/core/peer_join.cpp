#include "core/peer_join.hpp"

#include <utility>

#include "core/answer.hpp"
#include "core/initiation.hpp"
#include "core/json_checks.hpp"
#include "core/peer_admission.hpp"
#include "core/peer_session.hpp"

namespace signaling {

JoinRequest own(const command::Join& command) {
  JoinRequest request;
  request.room = command.room;
  if (command.metadata) request.metadata.emplace(*command.metadata);
  request.request = command.request;
  request.alias = command.alias;
  request.alias_in_use = command.alias_in_use;
  request.alias_secret = command.alias_secret;
  request.answer = command.answer;
  request.capacity = command.capacity;
  return request;
}

PeerJoin::PeerJoin(std::shared_ptr<PeerSession> peer, JoinRequest request)
    : peer_(std::move(peer)), request_(std::move(request)), deadline_(peer_->loop().deadlines()) {}

void PeerJoin::begin() {
  RouterServices& services = peer_->services();
  const Limits& limits = services.limits();
  if (!peer_->is_room_name(request_.room)) return fail(errc::bad_id);
  if (request_.metadata && limits.max_metadata_bytes != 0 &&
      request_.metadata->size() > limits.max_metadata_bytes) {
    return fail(errc::metadata_too_large);
  }
  if (request_.metadata && !is_metadata(request_.metadata->view())) {
    return fail(errc::bad_json, metadata_is_not_json);
  }
  const bool is_member = peer_->membership_of(request_.room) != nullptr;
  const bool is_known = is_member && (request_.alias.empty() || peer_->has_alias(request_.alias));
  if (request_.is_decided || peer_->is_local()) return take_alias();
  if (is_known) {
    const Decision decision =
        request_.metadata ? peer_->may_update(request_.room, request_.metadata->view()) : Decision::allow();
    return decision.allowed() ? take_alias() : fail(decision.code(), decision.reason());
  }
  const std::size_t max_rooms = peer_->room_limits().max_rooms;
  if (!is_member && max_rooms != 0 && peer_->room_count() >= max_rooms) return fail(errc::too_many_rooms);
  if (!peer_->take_join()) return fail(errc::rate_limited);
  if (services.has_policy()) return ask_policy();
  take_alias();
}

void PeerJoin::ask_policy() {
  peer_->await(weak_from_this());
  {
    const Initiation initiation(this);
    // The views of the attempt live until the hook returns, and the handler may go before.
    const auto self = shared_from_this();
    const Payload metadata = request_.metadata.value_or(Payload());
    peer_->services().policy().authorize_join(
        *peer_, {request_.room, metadata.view()},
        Answer(
            [self](Decision decision) {
              continue_on(self->peer_->executor(), self.get(),
                          [self, decision = std::move(decision)] { self->decided(decision); });
            },
            [self](auto& answer) {
              if (!self->peer_->services().is_closed()) answer(Decision::refuse({}, errc::internal));
            }));
  }
  const auto timeout = peer_->services().limits().decision_timeout;
  if (state_ != State::deciding || peer_->is_gone() || timeout.count() <= 0) return;
  deadline_.set(timeout, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->not_decided();
  });
}

void PeerJoin::not_decided() {
  deadline_.passed();
  state_ = State::over;
  peer_->answered();
  fail(errc::internal, took_too_long);
  peer_->go_on();
}

void PeerJoin::decided(const Decision& decision) {
  is_granted_ = decision.allowed();
  if (state_ != State::deciding) return give_up(errc::internal);  // it comes too late
  state_ = State::over;
  deadline_.cancel();
  peer_->answered();
  if (peer_->is_gone()) return give_up(errc::closed);
  if (!decision.allowed()) {
    fail(decision.code(), decision.reason());
  } else if (take_terms(decision.terms())) {
    take_alias();
  }
  peer_->go_on();
}

bool PeerJoin::take_terms(const JoinTerms& terms) {
  capacity_ = terms.capacity;
  if (!terms.metadata) return true;
  if (!is_metadata(*terms.metadata)) {
    peer_->services().log(LogLevel::error, "policy-metadata-invalid",
                          {{"peer", peer_->id()}, {"room", request_.room}});
    fail(errc::internal);
    return false;
  }
  request_.metadata = Payload(*terms.metadata);
  return true;
}

void PeerJoin::take_alias() {
  if (request_.alias.empty() || peer_->has_alias(request_.alias)) return enter();
  const RouterServices& services = peer_->services();
  if (!services.is_id(request_.alias) || !request_.alias.starts_with(alias_mark)) return fail(errc::bad_id);
  const std::size_t max_names = services.limits().max_names_per_peer;
  if (max_names != 0 && peer_->alias_count() >= max_names) return fail(errc::too_many_names);
  claim_alias();
}

void PeerJoin::claim_alias() {
  using AliasInUse = command::Join::AliasInUse;
  const bool takes_over =
      request_.alias_in_use == AliasInUse::take_over || request_.alias_in_use == AliasInUse::replace;
  RouterServices& services = peer_->services();
  const Directory::AliasHolder wanted{peer_->entry(), request_.alias_in_use, request_.alias_secret};
  if (const auto former =
          takes_over ? services.directory().take_alias(request_.alias, wanted) : PeerEntry()) {
    end_former({former, request_.alias_in_use, {}});
    peer_->add_alias(request_.alias);
    return enter();
  }
  state_ = State::claiming;
  peer_->await(weak_from_this());
  services.directory().begin_claim(request_.alias);
  // Without a secret it is the name: any node may take over what was claimed so.
  const std::string& own = request_.alias_secret.empty() ? request_.alias : request_.alias_secret;
  const std::string_view secret = takes_over ? std::string_view(own) : std::string_view();
  const Initiation initiation(this);
  services.store().claim({services.node(), request_.alias, secret, secret},
                         [self = shared_from_this()](std::error_code error, Epoch epoch) {
                           continue_on(self->peer_->executor(), self.get(),
                                       [self, error, epoch] { self->alias_claimed(error, epoch); });
                         });
}

void PeerJoin::alias_claimed(std::error_code error, Epoch epoch) {
  state_ = State::over;
  peer_->answered();
  RouterServices& services = peer_->services();
  Directory::AliasHolder holder;
  if (!error && !peer_->is_gone()) {
    holder = {peer_->entry(), request_.alias_in_use, request_.alias_secret};
  }
  const auto [unused, former] =
      services.directory().end_claim(request_.alias, std::move(holder), error ? 0 : epoch);
  if (unused != 0) services.store().release(request_.alias, unused);
  end_former(former);
  if (peer_->is_gone()) return give_up(errc::closed);
  if (error) {
    const bool in_use = error == errc::id_in_use;
    fail(in_use ? errc::id_in_use : errc::store_unavailable);
    if (in_use && request_.alias_in_use == command::Join::AliasInUse::close) {
      peer_->close(CloseReason::normal);
    }
  } else {
    peer_->add_alias(request_.alias);
    enter();
  }
  peer_->go_on();
}

void PeerJoin::end_former(const Directory::AliasHolder& former) {
  const bool is_replaced = former.in_use == command::Join::AliasInUse::replace;
  if (is_replaced && former.peer && former.peer.peer != peer_) former.peer.peer->replace();
}

void PeerJoin::enter() {
  if (peer_->membership_of(request_.room) != nullptr) return rejoin();
  if (!request_.metadata) request_.metadata.emplace();
  const bool is_limited = request_.capacity == command::Join::Capacity::limited;
  RouterServices& services = peer_->services();
  const std::size_t usual = is_limited ? services.limits().max_peers_per_room : 0;
  room_change::Join change{peer_->mailbox(),          *request_.metadata, request_.request,
                           capacity_.value_or(usual), request_.answer,    {}};
  // From here on the result comes, also after an exception.
  state_ = State::entering;
  peer_->await(weak_from_this());
  change.done = Answer(
      [self = shared_from_this()](errc error, std::shared_ptr<RoomView> room,
                                  const RoomPicture& /*picture*/) {
        continue_on(self->peer_->executor(), self.get(),
                    [self, error, room = std::move(room)] { self->entered(error, room); });
      },
      [self = shared_from_this()](auto& answer) {
        if (!self->peer_->services().is_closed()) answer(errc::internal, nullptr, RoomPicture());
      });
  const Initiation initiation(this);
  RoomView::submit_join(services.shared_from_this(), request_.room, std::move(change));
}

void PeerJoin::entered(errc error, const std::shared_ptr<RoomView>& room) {
  state_ = State::over;
  peer_->answered();
  if (error != errc::ok) {
    fail(error);
  } else if (peer_->is_gone()) {
    peer_->tell_room_of_leave(room, LeaveReason::disconnect, {}, {});
    give_up(errc::closed);
  } else {
    peer_->add_room(room, *request_.metadata);
    if (kicked_for_) (void)peer_->leave_room(room->id(), LeaveReason::kicked, {}, *kicked_for_);
    finish(errc::ok);
  }
  peer_->go_on();
}

void PeerJoin::kick(std::string_view room, std::string_view why) {
  if (state_ == State::entering && request_.room == room) kicked_for_ = why;
}

void PeerJoin::rejoin() {
  bool is_done = true;
  if (request_.metadata) {
    is_done = peer_->replace_metadata(request_.room, std::move(*request_.metadata),
                                      room_change::Update::Answer::none, request_.request);
  }
  if (is_done && request_.answer == command::Join::Answer::joined) {
    is_done = peer_->list(request_.room, room_change::List::Answer::joined, request_.request);
  }
  finish(is_done ? errc::ok : errc::overloaded);
}

void PeerJoin::finish(errc error) {
  if (request_.done) request_.done(error == errc::ok ? std::error_code() : error);
}

void PeerJoin::fail(errc error, std::string_view message) {
  peer_->tell_error(error, message, request_.request);
  give_up(error);
}

void PeerJoin::give_up(errc error) {
  RouterServices& services = peer_->services();
  if (is_granted_ && !services.is_closed()) services.policy().join_failed(*peer_, request_.room, error);
  finish(error);
}

}  // namespace signaling
