// A join, step by step: the policy decides, an alias is claimed, the room lets the peer in. Next: core/room_changes.cpp
#include <algorithm>
#include <memory>
#include <utility>

#include "core/answer.hpp"
#include "core/initiation.hpp"
#include "core/peer_session.hpp"
#include "core/router_core.hpp"

namespace signaling {

void PeerSession::join(std::string_view room, std::optional<std::string_view> metadata,
                       std::string_view request) {
  command::Join command;
  command.room = room;
  command.metadata = metadata;
  command.request = request;
  join(command);
}

PeerSession::JoinRequest PeerSession::own(const command::Join& command) const {
  JoinRequest request;
  request.room = command.room;
  if (command.metadata) request.metadata.emplace(*command.metadata);
  request.request = command.request;
  request.alias = command.alias;
  request.alias_in_use = command.alias_in_use;
  request.answer = command.answer;
  if (command.capacity == command::Join::Capacity::limited) {
    request.capacity = core_->limits().max_peers_per_room;
  }
  return request;
}

void PeerSession::join(JoinRequest request) {
  if (!accepts_commands(request.request)) return;
  if (!must_wait()) return start_join(std::move(request));
  const std::size_t bytes = request.bytes();
  defer(bytes, [this, request = std::move(request)]() mutable { start_join(std::move(request)); });
}

void PeerSession::start_join(JoinRequest request) {
  const Limits& limits = core_->limits();
  if (!valid_id(request.room)) return tell_error(errc::bad_id, {}, request.request);
  if (request.metadata && limits.max_metadata_bytes != 0 &&
      request.metadata->size() > limits.max_metadata_bytes) {
    return tell_error(errc::metadata_too_large, {}, request.request);
  }
  const bool is_member = membership_of(request.room) != nullptr;
  const bool asks_nothing_new = is_member && (request.alias.empty() || has_alias(request.alias));
  if (asks_nothing_new && request.metadata &&
      !may_update(request.room, request.metadata->view(), request.request)) {
    return;
  }
  if (asks_nothing_new || is_local()) return on_authorized(Decision::allow(), std::move(request));
  if (!is_member && limits.max_rooms_per_peer != 0 && rooms_.size() >= limits.max_rooms_per_peer) {
    return tell_error(errc::too_many_rooms, {}, request.request);
  }
  if (!joins_.take(limits.joins_per_second, limits.join_burst, core_->now())) {
    return tell_error(errc::rate_limited, {}, request.request);
  }
  if (!core_->has_policy()) return on_authorized(Decision::allow(), std::move(request));
  busy_ = true;
  // The views of the attempt live until the hook returns, and the handler, which owns the request, may go
  // before.
  const std::string room = request.room;
  const Payload metadata = request.metadata.value_or(Payload());
  const std::string tag = request.request;
  const std::uint32_t number = ++decision_;
  {
    const Initiation initiation(this);
    core_->policy().authorize_join(
        *this, {room, metadata.view()},
        Answer(
            [self = shared_from_this(), number, request = std::move(request)](Decision decision) mutable {
              self->on_executor(
                  [self, number, decision = std::move(decision), request = std::move(request)]() mutable {
                    self->on_decision(number, decision, std::move(request));
                  });
            },
            [core = core_](auto& answer) {
              if (!core->is_closed()) answer(Decision::refuse({}, errc::internal));
            }));
  }
  if (decision_ == number) await_answer(tag);
}

// One that comes too late is not for the join that is under way by now.
void PeerSession::on_decision(std::uint32_t number, const Decision& decision, JoinRequest request) {
  request.is_granted = decision.allowed();
  if (number != decision_) return give_up(request, errc::internal);
  ++decision_;
  stop_waiting();
  busy_ = false;
  if (state_ == State::gone) return give_up(request, errc::closed);
  on_authorized(decision, std::move(request));
  resume();
}

void PeerSession::on_authorized(const Decision& decision, JoinRequest request) {
  if (!decision.allowed()) return tell_error(decision.code(), decision.reason(), request.request);
  if (decision.metadata()) request.metadata = Payload(*decision.metadata());
  if (request.alias.empty() || has_alias(request.alias)) return submit_join(std::move(request));
  if (!valid_id(request.alias) || !request.alias.starts_with(alias_mark)) return fail(request, errc::bad_id);
  const std::size_t max_names = core_->limits().max_names_per_peer;
  std::erase_if(aliases_, [&](const std::string& name) { return !has_alias(name); });  // taken over by others
  if (max_names != 0 && aliases_.size() >= max_names) return fail(request, errc::too_many_names);
  claim_alias(std::move(request));
}

bool PeerSession::has_alias(std::string_view name) const {
  return core_->directory().find_alias(name).get() == this;
}

void PeerSession::add_alias(std::string_view name) {
  if (std::ranges::find(aliases_, name) == aliases_.end()) aliases_.emplace_back(name);
}

void PeerSession::claim_alias(JoinRequest request) {
  const bool takes_over = request.alias_in_use == command::Join::AliasInUse::take_over;
  Directory& directory = core_->directory();
  if (takes_over && directory.take_alias(request.alias, shared_from_this())) {
    add_alias(request.alias);
    return submit_join(std::move(request));
  }
  busy_ = true;
  directory.begin_claim(request.alias);
  const std::string name = request.alias;
  // The secret is none: any node may take over what was claimed so.
  const std::string_view secret = takes_over ? name : std::string_view();
  const Initiation initiation(this);
  core_->store().claim(
      {core_->options().node, name, secret, secret},
      [self = shared_from_this(), request = std::move(request)](std::error_code error, Epoch epoch) mutable {
        self->on_executor([self, error, epoch, request = std::move(request)]() mutable {
          self->on_alias(error, epoch, std::move(request));
        });
      });
}

void PeerSession::on_alias(std::error_code error, Epoch epoch, JoinRequest request) {
  busy_ = false;
  Directory::AliasHolder holder;
  if (!error && state_ != State::gone) holder = {shared_from_this(), request.alias_in_use};
  const Epoch unused = core_->directory().end_claim(request.alias, std::move(holder), error ? 0 : epoch);
  if (unused != 0) core_->store().release(request.alias, unused);
  if (state_ == State::gone) return give_up(request, errc::closed);
  if (error) {
    const bool in_use = error == errc::id_in_use;
    fail(request, in_use ? errc::id_in_use : errc::store_unavailable);
    if (in_use && request.alias_in_use == command::Join::AliasInUse::close) close(CloseReason::normal);
  } else {
    add_alias(request.alias);
    submit_join(std::move(request));
  }
  resume();
}

void PeerSession::fail(const JoinRequest& request, errc error) {
  tell_error(error, {}, request.request);
  give_up(request, error);
}

void PeerSession::give_up(const JoinRequest& request, errc error) {
  if (request.is_granted && !core_->is_closed()) core_->policy().join_failed(*this, request.room, error);
}

void PeerSession::submit_join(JoinRequest request) {
  if (const Membership* joined = membership_of(request.room)) return rejoin(joined->room, std::move(request));
  auto joining = std::make_unique<Joining>(Joining{request.room, std::nullopt});
  if (!request.metadata) request.metadata.emplace();
  const std::string room = request.room;
  room_change::Join change{mailbox(),        *request.metadata, request.request,
                           request.capacity, request.answer,    {}};
  // From here on the result comes, also after an exception.
  busy_ = true;
  joining_ = std::move(joining);
  change.done = Answer(
      [self = shared_from_this(), request = std::move(request)](errc error,
                                                                std::shared_ptr<RoomView> joined) mutable {
        self->on_executor([self, error, joined = std::move(joined), request = std::move(request)] {
          self->on_join_result(error, joined, request);
        });
      },
      [core = core_](auto& answer) {
        if (!core->is_closed()) answer(errc::internal, nullptr);
      });
  const Initiation initiation(this);
  core_->submit_join(room, std::move(change));
}

void PeerSession::on_join_result(errc error, const std::shared_ptr<RoomView>& room,
                                 const JoinRequest& request) {
  busy_ = false;
  const auto joining = std::move(joining_);
  if (error != errc::ok) {
    fail(request, error);
  } else if (state_ == State::gone) {
    tell_room_of_leave(room, LeaveReason::disconnect, {}, {});
    give_up(request, errc::closed);
  } else {
    add_room(room, *request.metadata);
    core_->policy().joined(*this, room->id());
    const auto& why = joining->kicked_for;
    if (why) (void)leave_room(room->id(), LeaveReason::kicked, {}, *why);
  }
  resume();
}

// A member that joins again gets the list of members, and the others are told of new metadata only.
void PeerSession::rejoin(const std::shared_ptr<RoomView>& room, JoinRequest request) {
  if (request.metadata) {
    auto pending = charge(request.metadata->size() + request.request.size());
    if (!pending) return;
    membership_of(room->id())->metadata = *request.metadata;
    RoomChange update =
        room_change::Update{mailbox(), std::move(*request.metadata), room_change::Update::Answer::none,
                            request.request, std::move(*pending)};
    room->submit(update);
  }
  if (request.answer == command::Join::Answer::none) return;
  list(room, room_change::List::Answer::joined, std::move(request.request));
}

}  // namespace signaling
