#include "contract/broken_store.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>

namespace signaling::testing {

// What a node is told goes through one of these.
class BrokenStore::Ear final : public StoreListener {
 public:
  Ear(BrokenStore& store, StoreListener& listener) : store_(store), listener_(listener) {}
  void mute() { muted_ = true; }
  StoreListener& listener() noexcept { return listener_; }

  void changed(const MembershipChange& change) override {
    const bool is_join = change.kind == MembershipChange::Kind::joined;
    const bool is_update = change.kind == MembershipChange::Kind::updated;
    if (muted_ || (is_join && store_.is(Fault::changes_are_not_told))) return;
    if (is_update && store_.is(Fault::updates_are_not_told)) return;
    MembershipChange told = change;
    if (store_.is(Fault::reason_is_lost)) told.reason = LeaveReason::leave;
    const bool holds = store_.is(Fault::changes_swap) || store_.is(Fault::message_before_change);
    if (holds && !held_) {
      held_ = told;
      return;
    }
    if (store_.is(Fault::message_before_change)) std::swap(*held_, told);
    listener_.changed(told);
    if (store_.is(Fault::changes_swap)) flush();
  }
  void delivered(const Message& message, const Route& route) override {
    if (muted_) return;
    if (!store_.is(Fault::message_before_change)) flush();
    Message told = message;
    Route way = route;
    store_.spoil(told, way);
    listener_.delivered(told, way);
    if (store_.is(Fault::message_twice)) listener_.delivered(told, way);
    for (StoreListener* closed : store_.closed_) closed->delivered(told, way);
    flush();
    if (const auto command = std::exchange(held_command_, std::nullopt)) listener_.commanded(*command);
  }
  void commanded(const NodeCommand& command) override {
    if (muted_) return;
    NodeCommand told = command;
    if (store_.is(Fault::command_forgets_room) && !told.peer.empty()) told.room.clear();
    if (store_.is(Fault::command_comes_late) && !held_command_) {
      held_command_ = told;
    } else {
      listener_.commanded(told);
    }
  }
  void invalidated(std::string_view room, Missed missed) override { listener_.invalidated(room, missed); }
  void displaced(std::string_view peer, Epoch epoch) override {
    if (!store_.is(Fault::displaced_is_not_told)) listener_.displaced(peer, epoch);
  }
  void undelivered(const Message& message, const Route& route, errc error) override {
    listener_.undelivered(message, route, error);
  }
  void undelivered(const NodeCommand& command, errc error) override { listener_.undelivered(command, error); }

 private:
  void flush() {
    if (const auto change = std::exchange(held_, std::nullopt)) listener_.changed(*change);
  }

  BrokenStore& store_;
  StoreListener& listener_;
  bool muted_ = false;
  std::optional<MembershipChange> held_;
  std::optional<NodeCommand> held_command_;
};

BrokenStore::BrokenStore(Fault fault) : fault_(fault) {}
BrokenStore::~BrokenStore() = default;

std::string BrokenStore::name(std::string_view id) const {
  std::string name(id);
  if (is(Fault::names_ignore_case)) {
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

RoomState BrokenStore::look(std::string_view room) {
  RoomState found;
  store_.snapshot(room, 0, [&](std::error_code, RoomState state) { found = std::move(state); });
  return found;
}

Epoch BrokenStore::epoch_in(std::string_view room, std::string_view peer) {
  const RoomState state = look(room);
  const auto found = std::ranges::find(state.members, peer, &StoreMember::id);
  return found == state.members.end() ? 0 : found->epoch;
}

void BrokenStore::open(const NodeId& node, StoreListener& listener, Callback<void(std::error_code)> done) {
  auto& ear = ears_[node] = std::make_unique<Ear>(*this, listener);
  store_.open(node, *ear, std::move(done));
}

void BrokenStore::close(const NodeId& node) {
  if (is(Fault::close_goes_on_talking)) closed_.push_back(&ears_.at(node)->listener());
  if (is(Fault::close_keeps_members)) {
    ears_.at(node)->mute();
    for (const auto& [peer, owner] : claims_) {
      if (owner.node == node) store_.release(peer, owner.epoch);
    }
    return;
  }
  store_.close(node);
  for (const auto& [peer, owner] : claims_) {
    if (!is(Fault::close_keeps_ids) || owner.node != node) continue;
    store_.claim({"ghost", peer, owner.secret, {}}, [](std::error_code, Epoch) {});
  }
}

void BrokenStore::claim(const Claim& request, Callback<void(std::error_code, Epoch)> done) {
  const std::string peer = name(request.peer);
  Claim wanted = request;
  wanted.peer = peer;
  const auto owner = claims_.find(peer);
  const std::string secret = owner == claims_.end() ? std::string() : owner->second.secret;
  if (is(Fault::any_secret_will_do) && !request.resume.empty()) wanted.resume = secret;
  store_.claim(wanted, [&](std::error_code error, Epoch epoch) {
    if (!error) claims_[peer] = {request.node, epoch, std::string(request.secret)};
    if (error && is(Fault::ids_are_shared)) return done({}, 1'000'000);
    if (is(Fault::epochs_stand_still) && !error) return done({}, 7);
    done(error, epoch);
  });
}

void BrokenStore::release(std::string_view peer, Epoch epoch) {
  const auto owner = claims_.find(name(peer));
  if (owner == claims_.end()) return;
  const bool any = is(Fault::release_ignores_epoch) || is(Fault::epochs_stand_still);
  store_.release(owner->first, any ? owner->second.epoch : epoch);
}

// Changes the request, or does something before it.
void BrokenStore::spoil(Join& request) {
  StoreMember& member = request.member;
  member.id = name(member.id);
  const Epoch present = epoch_in(request.room, member.id);
  const bool removes = (is(Fault::join_again_counts) && present == member.epoch) ||
                       (is(Fault::older_epoch_wins) && present > member.epoch);
  if (removes) {
    store_.leave({request.room, member.id, present, LeaveReason::leave}, [](std::error_code, Version) {});
  }
  if (is(Fault::no_capacity)) request.capacity = 0;
  if (is(Fault::capacity_per_node) && request.capacity != 0) {
    const RoomState state = look(request.room);
    const auto elsewhere =
        std::ranges::count_if(state.members, [&](const auto& m) { return m.node != member.node; });
    request.capacity += static_cast<std::size_t>(elsewhere);
  }
  if (is(Fault::metadata_is_lost)) member.metadata = {};
  if (is(Fault::known_version_is_ignored)) request.known_version = 0;
}

void BrokenStore::join(Join request, Callback<void(std::error_code, Joined)> done) {
  const std::string room = name(request.room);
  request.room = room;
  spoil(request);
  const StoreMember member = request.member;
  store_.join(std::move(request), [this, room, member, done = std::move(done)](std::error_code error,
                                                                               Joined joined) mutable {
    if (!error && is(Fault::own_changes_are_told)) {
      ears_.at(member.node)->changed({room, joined.version, MembershipChange::Kind::joined, member, {}});
    }
    if (is(Fault::join_answers_without_room)) joined.state.reset();
    if (is(Fault::join_again_moves)) joined.joined_at = joined.version;
    done(error, std::move(joined));
  });
}

void BrokenStore::leave(const Leave& request, Callback<void(std::error_code, Version)> done) {
  const std::string room = name(request.room);
  const std::string peer = name(request.peer);
  const Epoch epoch = is(Fault::leave_ignores_epoch) ? epoch_in(room, peer) : request.epoch;
  const Version before = look(room).version;
  store_.leave({room, peer, epoch, request.reason},
               [this, before, done = std::move(done)](std::error_code error, Version version) mutable {
                 if (error && is(Fault::refusals_are_not_answered)) return;
                 if (error && is(Fault::leave_again_succeeds)) return done({}, before);
                 done(error, version);
               });
}

void BrokenStore::update(const Update& request, Callback<void(std::error_code, Version)> done) {
  const std::string room = name(request.room);
  const std::string peer = name(request.peer);
  store_.update(
      {room, peer, request.epoch, request.metadata},
      [this, done = std::move(done)](std::error_code error, Version version) mutable {
        if (!is(Fault::answers_come_late)) return done(error, version);
        late_.push_back([done = std::move(done), error, version]() mutable { done(error, version); });
      });
  // Each answer comes behind the next change.
  while (late_.size() > 1) {
    auto answer = std::move(late_.front());
    late_.pop_front();
    answer();
  }
}

void BrokenStore::snapshot(std::string_view room, Version known_version,
                           Callback<void(std::error_code, RoomState)> done) {
  store_.snapshot(name(room), known_version,
                  [this, done = std::move(done)](std::error_code error, RoomState state) mutable {
                    if (is(Fault::joined_at_is_lost)) {
                      for (StoreMember& member : state.members) member.joined_at = 0;
                    }
                    if (is(Fault::answers_come_twice)) done(error, state);
                    done(error, std::move(state));
                  });
}

void BrokenStore::spoil(Message& message, Route& route) const {
  if (is(Fault::text_ends_at_nul)) message.payload = message.payload.substr(0, message.payload.find('\0'));
  if (is(Fault::payload_is_cut)) message.payload = message.payload.substr(0, 65535);
  if (is(Fault::fields_are_forgotten)) message.original = {};
  if (is(Fault::message_names_its_way)) message.room = route.room;
  if (is(Fault::numbers_are_cut)) route.from_joined_at &= 0xFFFF'FFFFU;
}

std::error_code BrokenStore::publish(const NodeId& node, const Message& message, const Route& route,
                                     std::span<const NodeId> targets) {
  if (is(Fault::message_to_all_nodes) && !route.room.empty()) {
    for (const auto& [id, ear] : ears_) {
      if (id != node) ear->delivered(message, route);
    }
    return {};
  }
  if (is(Fault::once_for_each_target)) {
    for (std::size_t i = 1; i < targets.size(); ++i) (void)store_.publish(node, message, route, targets);
  }
  const std::error_code error = store_.publish(node, message, route, targets);
  return is(Fault::unknown_peer_is_accepted) ? std::error_code() : error;
}

std::error_code BrokenStore::command(const NodeId& node, const NodeCommand& command) {
  if (is(Fault::command_to_all_nodes)) {
    for (const auto& [id, ear] : ears_) {
      if (id != node) ear->commanded(command);
    }
    return {};
  }
  const std::error_code error = store_.command(node, command);
  return is(Fault::unknown_peer_is_accepted) ? std::error_code() : error;
}

}  // namespace signaling::testing
