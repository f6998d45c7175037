#include "signaling/identity/identity_policy.hpp"

#include <algorithm>
#include <any>
#include <boost/asio/post.hpp>
#include <mutex>
#include <utility>

#include "identity/deadline_timer.hpp"
#include "identity/ice_list.hpp"
#include "identity/schedule.hpp"
#include "signaling/core/clock.hpp"
#include "signaling/core/rate_limited_log.hpp"

namespace signaling::identity {
namespace {

using Time = std::chrono::system_clock::time_point;

// What stays of a pass once its peer is admitted; kept in Identity::context.
struct Bearer {
  Grants grants;
  std::optional<Time> expires;
};

const Bearer* bearer_of(const Identity& identity) {
  const auto* bearer = std::any_cast<std::shared_ptr<const Bearer>>(&identity.context);
  return bearer != nullptr ? bearer->get() : nullptr;
}

const Bearer* bearer_of(const Peer& peer) { return bearer_of(peer.identity()); }

// A relay carries the media of rooms.
WithTurn turn_for(const Bearer* bearer) {
  return bearer != nullptr && bearer->grants.may_join_any() ? WithTurn::yes : WithTurn::no;
}

Admission admit(Pass pass) {
  Admission admission;
  admission.identity.subject = std::move(pass.subject);
  admission.identity.attributes = std::move(pass.attributes);
  admission.identity.context =
      std::shared_ptr<const Bearer>(std::make_shared<Bearer>(Bearer{std::move(pass.grants), pass.expires}));
  admission.peer_id = std::move(pass.peer_id);
  return admission;
}

Decision forbidden() { return Decision::refuse({}); }

bool may_send(const Bearer& bearer, const Peer& peer, const Message& message) {
  const Grants& grants = bearer.grants;
  if (!message.room.empty()) return grants.may_send(message.type, message.room);
  if (grants.sendable_everywhere().contains(message.type)) return true;
  if (message.reach != Reach::members)
    return false;  // the addressee may be in rooms that the sender stays out of
  const std::vector<RoomId> rooms = peer.rooms();
  return !rooms.empty() &&
         std::ranges::all_of(rooms, [&](const RoomId& room) { return grants.may_send(message.type, room); });
}

}  // namespace

class IdentityPolicy::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(IdentityOptions options)
      : options_(std::move(options)),
        ice_(std::make_shared<const IceList>(std::move(options_.ice))),
        refusals_(options_.log, LogLevel::info, "client-refused") {
    if (!options_.wall_clock) options_.wall_clock = wall_time;
  }

  /// Of a client that waits for its admission.
  struct Attempt {
    ConnectInfo info;
    Callback<void(Admission)> done;
  };
  void ask(std::shared_ptr<Attempt> attempt, std::size_t next, std::string_view refusal) {
    if (next == options_.authenticators.size()) return refuse(*attempt, refusal);
    Authenticator& authenticator = *options_.authenticators[next];
    const ConnectInfo& info = attempt->info;
    authenticator.authenticate(
        info, [self = shared_from_this(), attempt = std::move(attempt), next](Verdict verdict) mutable {
          if (verdict.admitted()) return attempt->done(admit(std::move(verdict.pass())));
          self->ask(std::move(attempt), next + 1, verdict.refusal());
        });
  }

  bool asks_nobody() const noexcept { return options_.authenticators.empty(); }
  Time now() const { return options_.wall_clock(); }

  std::shared_ptr<const IceList> ice() const {
    const std::scoped_lock lock(mutex_);
    return ice_;
  }
  void set_ice(std::shared_ptr<const IceList> ice) {
    const std::scoped_lock lock(mutex_);
    ice_.swap(ice);
  }

  void start_timer() {
    if (!options_.executor) return;
    timer_ = std::make_shared<DeadlineTimer>(options_.executor, [weak = weak_from_this()] {
      const auto self = weak.lock();
      return self ? self->run_due() : std::nullopt;
    });
  }

  std::optional<Time> next_deadline() const {
    const std::scoped_lock lock(mutex_);
    return schedule_.next();
  }

  /// Plans what is due next for the peer.
  void plan(const std::shared_ptr<Peer>& peer, const Bearer& bearer) {
    std::optional<Time> when = bearer.expires;
    if (const auto refresh = ice()->refresh_after(); refresh && turn_for(&bearer) == WithTurn::yes)
      when = std::min(now() + *refresh, when.value_or(Time::max()));
    if (!when) return;
    {
      const std::scoped_lock lock(mutex_);
      const auto before = schedule_.next();
      schedule_.set(peer, *when);
      if (before && *before <= *when) return;
    }
    if (timer_) timer_->wake();
  }

  void forget(const Peer& peer) {
    {
      const std::scoped_lock lock(mutex_);
      if (!schedule_.next()) return;
      schedule_.remove(peer);
      if (schedule_.next()) return;
    }
    if (timer_) timer_->wake();
  }

  void on_time() {
    std::vector<std::shared_ptr<Peer>> due;
    {
      const std::scoped_lock lock(mutex_);
      due = schedule_.take(now());
    }
    for (const auto& peer : due) attend(peer);
  }

 private:
  void refuse(Attempt& attempt, std::string_view why) {
    refusals_.write({{"address", attempt.info.remote_address}, {"reason", why}});
    Admission admission;
    admission.decision = Decision::refuse({}, errc::unauthorized);
    attempt.done(std::move(admission));
  }

  void attend(const std::shared_ptr<Peer>& peer) {
    const Bearer* bearer = bearer_of(*peer);
    if (bearer == nullptr) return;
    if (bearer->expires && *bearer->expires <= now()) return peer->close(CloseReason::expired);
    const std::string servers = ice()->json(peer->id(), now(), bearer->expires, turn_for(bearer));
    if (!servers.empty()) peer->set_ice_servers(servers);
    plan(peer, *bearer);
  }

  /// How long until there is more to do.
  std::optional<Time::duration> run_due() {
    on_time();
    const auto next = next_deadline();
    if (!next) return std::nullopt;
    return *next - now();
  }

  IdentityOptions options_;
  mutable std::mutex mutex_;
  std::shared_ptr<const IceList> ice_;
  RateLimitedLog refusals_;
  Schedule schedule_;
  std::shared_ptr<DeadlineTimer> timer_;
};

IdentityPolicy::IdentityPolicy(IdentityOptions options) : impl_(std::make_shared<Impl>(std::move(options))) {
  impl_->start_timer();
}
IdentityPolicy::~IdentityPolicy() = default;

const Grants* IdentityPolicy::grants_of(const Peer& peer) { return grants_of(peer.identity()); }

const Grants* IdentityPolicy::grants_of(const Identity& identity) {
  const Bearer* bearer = bearer_of(identity);
  return bearer != nullptr ? &bearer->grants : nullptr;
}

void IdentityPolicy::set_ice(IceOptions ice) {
  impl_->set_ice(std::make_shared<const IceList>(std::move(ice)));
}

std::optional<Time> IdentityPolicy::next_deadline() const { return impl_->next_deadline(); }

void IdentityPolicy::on_time() { impl_->on_time(); }

void IdentityPolicy::authenticate(const ConnectInfo& info, Callback<void(Admission)> done) {
  if (impl_->asks_nobody()) {
    Pass pass;
    pass.grants = Grants::everything();
    return done(admit(std::move(pass)));
  }
  impl_->ask(std::make_shared<Impl::Attempt>(Impl::Attempt{info, std::move(done)}), 0, {});
}

void IdentityPolicy::authorize_join(const Peer& peer, const JoinAttempt& attempt,
                                    Callback<void(Decision)> done) {
  const Bearer* bearer = bearer_of(peer);
  const RoomGrant* grant = bearer != nullptr ? bearer->grants.find(attempt.room) : nullptr;
  if (grant == nullptr || !grant->join) return done(forbidden());
  done(Decision::allow(JoinTerms{grant->metadata, {}}));
}

Decision IdentityPolicy::authorize_update(const Peer& peer, const JoinAttempt& attempt) {
  const Bearer* bearer = bearer_of(peer);
  const RoomGrant* grant = bearer != nullptr ? bearer->grants.find(attempt.room) : nullptr;
  return grant != nullptr && !grant->metadata ? Decision::allow() : forbidden();
}

std::string IdentityPolicy::ice_servers(const Peer& peer) {
  const Bearer* bearer = bearer_of(peer);
  return impl_->ice()->json(peer.id(), impl_->now(), bearer != nullptr ? bearer->expires : std::nullopt,
                            turn_for(bearer));
}

Decision IdentityPolicy::authorize_send(const Peer& peer, const Message& message) {
  const Bearer* bearer = bearer_of(peer);
  return bearer != nullptr && may_send(*bearer, peer, message) ? Decision::allow() : forbidden();
}

void IdentityPolicy::connected(const std::shared_ptr<Peer>& peer) {
  if (const Bearer* bearer = bearer_of(*peer)) impl_->plan(peer, *bearer);
}

bool IdentityPolicy::may_stay(const Peer& peer, std::string_view room) {
  const Bearer* bearer = bearer_of(peer);
  const RoomGrant* grant = bearer != nullptr ? bearer->grants.find(room) : nullptr;
  return grant != nullptr && grant->join;
}

void IdentityPolicy::resumed(const std::shared_ptr<Peer>& peer) {
  impl_->forget(*peer);  // the old credential may have ended sooner
  connected(peer);
}

void IdentityPolicy::disconnected(const Peer& peer, CloseReason /*reason*/) { impl_->forget(peer); }

}  // namespace signaling::identity
