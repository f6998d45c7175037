#include "testing/store_node.hpp"

#include <algorithm>
#include <deque>

namespace signaling::testing {
namespace {

// A store that keeps a view of it is found out: whatever it reads later is this.
void spoil(std::string& text) { std::ranges::fill(text, '#'); }

// The strings that a message and its route refer to, for the time of one call.
class Scratch {
 public:
  explicit Scratch(const Sent& sent) : view(sent) {
    for (std::string_view Message::*field : {&Message::event, &Message::to, &Message::room, &Message::payload,
                                             &Message::language, &Message::original}) {
      own(view.message.*field);
    }
    for (std::string_view Route::*field :
         {&Route::from, &Route::from_metadata, &Route::from_rooms, &Route::room}) {
      own(view.route.*field);
    }
  }
  void spoil_all() { std::ranges::for_each(strings_, spoil); }

  Sent view;

 private:
  void own(std::string_view& text) { text = strings_.emplace_back(text); }
  std::deque<std::string> strings_;
};

}  // namespace

// One call of the listener.
class StoreNode::Call {
 public:
  explicit Call(StoreNode& node) : node_(node) {
    const std::scoped_lock lock(node.mutex_);
    if (!node.open_) blame("was called after its end");
    if (node.busy_.exchange(true)) blame("was called concurrently");
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { node_.busy_ = false; }

 private:
  // The first fault is the cause of others.
  void blame(const char* what) {
    if (node_.fault_.empty()) node_.fault_ = quote(node_.id_) + " " + what;
  }

  StoreNode& node_;
};

std::string joined(const std::string& room, Version version, const Someone& who) {
  return to_line(MembershipChange{room, version, MembershipChange::Kind::joined, who.member(version), {}});
}

std::string left(const std::string& room, Version version, const Someone& who, LeaveReason reason) {
  return to_line(MembershipChange{room, version, MembershipChange::Kind::left, who.member(), reason});
}

std::string moved_to(const std::string& room, Version version, Version joined_at, const Someone& who) {
  return to_line(MembershipChange{room, version, MembershipChange::Kind::moved, who.member(joined_at), {}});
}

std::string updated(const std::string& room, Version version, const Someone& who) {
  return to_line(MembershipChange{room, version, MembershipChange::Kind::updated, who.member(), {}});
}

std::string displaced(const Someone& who) {
  return "displaced " + quote(who.id) + " epoch=" + std::to_string(who.epoch);
}

std::string undelivered(const Sent& sent, errc error) {
  return "undelivered " + to_line(sent) + ": " + std::string(to_string(error));
}

std::string undelivered(const NodeCommand& command, errc error) {
  return "undelivered " + to_line(command) + ": " + std::string(to_string(error));
}

std::string new_secret() {
  static std::atomic<int> count{0};
  return "secret " + std::to_string(++count);
}

template <class Value>
Pending<Value> StoreNode::begin(std::string what) {
  Pending<Value> pending;
  const std::scoped_lock lock(mutex_);
  begun_.emplace_back(std::move(what), [pending] { return pending.is_done(); });
  return pending;
}

Pending<bool> StoreNode::start_open() {
  auto pending = begin<bool>("open");
  store_->open(id_, *this, [done = pending.handler()](std::error_code error) mutable { done(error, true); });
  return pending;
}

Pending<Epoch> StoreNode::start_claim(std::string peer, std::string secret, std::string resume) {
  return claim(std::move(peer), std::move(secret), std::move(resume), false);
}

Pending<Epoch> StoreNode::start_take_over(std::string peer, std::string secret, std::string resume) {
  return claim(std::move(peer), std::move(secret), std::move(resume), true);
}

Pending<Epoch> StoreNode::claim(std::string peer, std::string secret, std::string resume, bool is_take_over) {
  auto pending = begin<Epoch>("claim of " + quote(peer));
  store_->claim({id_, peer, secret, resume, is_take_over}, pending.handler());
  spoil(peer);
  spoil(secret);
  spoil(resume);
  return pending;
}

void StoreNode::release(std::string peer, Epoch epoch) {
  store_->release(peer, epoch);
  spoil(peer);
}

Pending<StateStore::Joined> StoreNode::start_join(std::string room, const Someone& who, std::size_t capacity,
                                                  Version known, Epoch moves_from) {
  auto pending = begin<StateStore::Joined>("join of " + quote(who.id));
  store_->join({room, who.member(), capacity, known, moves_from}, pending.handler());
  spoil(room);
  return pending;
}

Pending<Version> StoreNode::start_leave(std::string room, const Someone& who, LeaveReason reason) {
  auto pending = begin<Version>("leave of " + quote(who.id));
  std::string peer = who.id;
  store_->leave({room, peer, who.epoch, reason}, pending.handler());
  spoil(room);
  spoil(peer);
  return pending;
}

Pending<Version> StoreNode::start_update(std::string room, const Someone& who, std::string_view metadata) {
  auto pending = begin<Version>("update of " + quote(who.id));
  std::string peer = who.id;
  store_->update({room, peer, who.epoch, Payload(metadata)}, pending.handler());
  spoil(room);
  spoil(peer);
  return pending;
}

Pending<RoomState> StoreNode::start_snapshot(std::string room, Version known) {
  auto pending = begin<RoomState>("snapshot of " + quote(room));
  store_->snapshot(room, known, pending.handler());
  spoil(room);
  return pending;
}

std::error_code StoreNode::publish(const Sent& sent, std::vector<NodeId> targets) {
  Scratch scratch(sent);
  const std::error_code error = store_->publish(id_, scratch.view.message, scratch.view.route, targets);
  scratch.spoil_all();
  std::ranges::for_each(targets, spoil);
  return error;
}

std::error_code StoreNode::command(NodeCommand command) {
  const std::error_code error = store_->command(id_, command);
  for (std::string* text :
       {&command.peer, &command.room, &command.receiver, &command.why, &command.node, &command.data}) {
    spoil(*text);
  }
  return error;
}

std::size_t StoreNode::told() const {
  const std::scoped_lock lock(mutex_);
  return lines_.size();
}

Lines StoreNode::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(lines_, {});
}

void StoreNode::ignore_news() {
  const std::scoped_lock lock(mutex_);
  ignores_news_ = true;
  lines_.clear();
}

std::string StoreNode::unanswered() const {
  const std::scoped_lock lock(mutex_);
  const auto found = std::ranges::find_if(begun_, [](const auto& entry) { return !entry.second(); });
  return found == begun_.end() ? std::string() : found->first;
}

void StoreNode::expect_no_answers() {
  const std::scoped_lock lock(mutex_);
  begun_.clear();
}

void StoreNode::listen_for_marks(const PeerId& peer) {
  const std::scoped_lock lock(mutex_);
  marked_ = peer;
}

bool StoreNode::has_mark(const std::string& payload) const {
  const std::scoped_lock lock(mutex_);
  return marks_.contains(payload);
}

bool StoreNode::was_invalidated(const std::string& room, std::optional<Missed> missed) const {
  const std::scoped_lock lock(mutex_);
  return std::ranges::any_of(invalidated_, [&](const auto& entry) {
    return entry.first == room && (!missed || entry.second == *missed);
  });
}

std::string StoreNode::fault() const {
  const std::scoped_lock lock(mutex_);
  return fault_;
}

void StoreNode::note(std::string line) {
  const std::scoped_lock lock(mutex_);
  if (!ignores_news_) lines_.push_back(std::move(line));
}

// The same change told twice is no fault: "a version that was told before is ignored".
void StoreNode::changed(const MembershipChange& change) {
  const Call call(*this);
  std::string line = to_line(change);
  {
    const std::scoped_lock lock(mutex_);
    if (std::ranges::find(all_changes_, line) != all_changes_.end()) return;
    all_changes_.push_back(line);
    if (!ignores_news_) lines_.push_back(std::move(line));
  }
  if (hook_) hook_(change);
}

void StoreNode::delivered(const Message& message, const Route& route) {
  const Call call(*this);
  {
    const std::scoped_lock lock(mutex_);
    if (route.room.empty() && !marked_.empty() && message.to == marked_) {
      marks_.emplace(message.payload);
      return;
    }
  }
  note(to_line(Sent{message, route}));
}

void StoreNode::commanded(const NodeCommand& command) {
  const Call call(*this);
  note(to_line(command));
}

void StoreNode::invalidated(std::string_view room, Missed missed) {
  const Call call(*this);
  const std::scoped_lock lock(mutex_);
  invalidated_.emplace_back(room, missed);
}

void StoreNode::displaced(std::string_view peer, Epoch epoch) {
  const Call call(*this);
  note(testing::displaced({PeerId(peer), epoch, {}}));
}

void StoreNode::undelivered(const Message& message, const Route& route, errc error) {
  const Call call(*this);
  note(testing::undelivered(Sent{message, route}, error));
}

void StoreNode::undelivered(const NodeCommand& command, errc error) {
  const Call call(*this);
  note(testing::undelivered(command, error));
}

}  // namespace signaling::testing
