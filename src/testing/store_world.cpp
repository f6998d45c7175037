#include "testing/store_world.hpp"

#include <algorithm>
#include <array>
#include <deque>

namespace signaling::testing {
namespace {

// A store that keeps a view of it is found out: whatever it reads later is this.
void spoil(std::string& text) { std::ranges::fill(text, '#'); }

void expect_equal(const std::string& got, const std::string& expected, const std::string& what) {
  if (got != expected) fail(what + ": expected " + expected + ", got " + got);
}

// Where they part, with a few lines of both.
std::string difference(const Lines& told, const Lines& expected) {
  const auto parting = std::ranges::mismatch(told, expected);
  const auto rest = [](auto from, const Lines& lines) {
    const auto count = std::min<std::ptrdiff_t>(lines.end() - from, 4);
    return "[" + join_lines({from, from + count}) + (from + count == lines.end() ? "]" : " | ...]");
  };
  return std::to_string(told.size()) + " things; after " + std::to_string(parting.in1 - told.begin()) + ": " +
         rest(parting.in1, told) + ", expected " + rest(parting.in2, expected);
}

// The strings that an envelope's views point to, for the time of one call.
class Scratch {
 public:
  explicit Scratch(const Envelope& envelope) : view(envelope) {
    for (std::string_view Envelope::*field : fields) {
      strings_.emplace_back(envelope.*field);
    }
    for (std::size_t i = 0; i < strings_.size(); ++i) view.*fields[i] = strings_[i];
  }
  void spoil_all() { std::ranges::for_each(strings_, spoil); }

  Envelope view;

 private:
  static constexpr std::array fields{&Envelope::event,    &Envelope::from,    &Envelope::to,
                                     &Envelope::room,     &Envelope::payload, &Envelope::from_metadata,
                                     &Envelope::language, &Envelope::original};
  std::deque<std::string> strings_;
};

}  // namespace

// One call of the listener.
class StoreNode::Call {
 public:
  explicit Call(StoreNode& node) : node_(node) {
    const std::scoped_lock lock(node.mutex_);
    if (!node.open_) node.fault_ = quote(node.id_) + " was told something after its end";
    if (node.busy_.exchange(true)) node.fault_ = quote(node.id_) + " was told two things at a time";
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { node_.busy_ = false; }

 private:
  StoreNode& node_;
};

std::string new_secret() {
  static std::atomic<int> count{0};
  return "secret " + std::to_string(++count);
}

Pending<Epoch> StoreNode::start_claim(std::string peer, std::string secret, std::string resume) {
  Pending<Epoch> pending;
  store_->claim({id_, peer, secret, resume}, pending.handler());
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
                                                  Version known) {
  Pending<StateStore::Joined> pending;
  store_->join({room, who.member(), capacity, known}, pending.handler());
  spoil(room);
  return pending;
}

Pending<Version> StoreNode::start_leave(std::string room, const Someone& who, LeaveReason reason) {
  Pending<Version> pending;
  std::string peer = who.id;
  store_->leave({room, peer, who.epoch, reason}, pending.handler());
  spoil(room);
  spoil(peer);
  return pending;
}

Pending<Version> StoreNode::start_update(std::string room, const Someone& who, std::string_view metadata) {
  Pending<Version> pending;
  std::string peer = who.id;
  store_->update({room, peer, who.epoch, Payload(metadata)}, pending.handler());
  spoil(room);
  spoil(peer);
  return pending;
}

Pending<RoomState> StoreNode::start_snapshot(std::string room, Version known) {
  Pending<RoomState> pending;
  store_->snapshot(room, known, pending.handler());
  spoil(room);
  return pending;
}

std::error_code StoreNode::publish(const Envelope& envelope, std::vector<NodeId> targets) {
  Scratch scratch(envelope);
  const std::error_code error = store_->publish(id_, scratch.view, targets);
  scratch.spoil_all();
  std::ranges::for_each(targets, spoil);
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

void StoreNode::delivered(const Envelope& envelope) {
  const Call call(*this);
  note(to_line(envelope));
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

void StoreNode::undelivered(const Envelope& envelope, errc error) {
  const Call call(*this);
  note(testing::undelivered(envelope, error));
}

StoreWorld::~StoreWorld() {
  for (const auto& node : nodes_) {
    if (node->is_open()) node->store().close(node->id());
  }
}

StoreNode& StoreWorld::node() {
  const NodeId id = "n" + std::to_string(nodes_.size() + 1) + "-" + make_id(system_random());
  auto store = fixture_.make_node(id);
  require(store != nullptr, "make_node gave no store");
  StoreNode& node = *nodes_.emplace_back(std::make_unique<StoreNode>(id, std::move(store)));
  node.set_open(true);
  const Pending<bool> opened;
  node.store().open(id, node,
                    [done = opened.handler()](std::error_code error) mutable { done(error, true); });
  succeed(opened, "open");
  return node;
}

void StoreWorld::close(StoreNode& node) {
  node.store().close(node.id());
  node.set_open(false);
}

void StoreWorld::crash(StoreNode& node) {
  if (!fixture_.crash(node.id())) skip("the fixture cannot crash a node");
  node.set_open(false);
}

Someone StoreWorld::arrive(StoreNode& node, std::string id, std::string secret, std::string resume) {
  const Epoch epoch =
      succeed(node.start_claim(id, std::move(secret), std::move(resume)), "claim " + quote(id));
  return {std::move(id), epoch, node.id()};
}

StateStore::Joined StoreWorld::join(StoreNode& node, const std::string& room, const Someone& who,
                                    Version version) {
  auto answer = succeed(node.start_join(room, who), "join of " + quote(who.id));
  expect_equal(std::to_string(answer.version), std::to_string(version),
               "version of the join of " + quote(who.id));
  return answer;
}

void StoreWorld::leave(StoreNode& node, const std::string& room, const Someone& who, Version version,
                       LeaveReason reason) {
  const Version answer = succeed(node.start_leave(room, who, reason), "leave of " + quote(who.id));
  expect_equal(std::to_string(answer), std::to_string(version), "version of the leave of " + quote(who.id));
}

RoomState StoreWorld::snapshot(StoreNode& node, const std::string& room, Version known) {
  return succeed(node.start_snapshot(room, known), "snapshot");
}

void StoreWorld::expect_room(StoreNode& node, const std::string& room, const RoomState& state) {
  expect_equal(to_line(snapshot(node, room)), to_line(state), "snapshot of " + quote(room));
}

void StoreWorld::run_until(const std::function<bool()>& done, const std::string& what) {
  run_until(done, what, fixture_.patience());
}

void StoreWorld::run_until(const std::function<bool()>& done, const std::string& what,
                           std::chrono::milliseconds at_most) {
  if (done()) return;
  if (!fixture_.run_until(done, at_most)) fail("in vain waited until " + what);
}

void StoreWorld::expect(StoreNode& node, const Lines& lines) {
  const bool came = node.told() >= lines.size() ||
                    fixture_.run_until([&] { return node.told() >= lines.size(); }, fixture_.patience());
  const Lines told = node.take();
  if (!came || told != lines) fail(quote(node.id()) + " was told " + difference(told, lines));
  check_faults();
}

void StoreWorld::check_faults() {
  for (const auto& node : nodes_) {
    if (!node->fault().empty()) fail(node->fault());
  }
}

void StoreWorld::ignore_news() {
  for (const auto& node : nodes_) node->ignore_news();
}

void StoreWorld::finish() {
  check_faults();
  for (const auto& node : nodes_) {
    if (node->told() != 0) fail(quote(node->id()) + " was also told [" + join_lines(node->take()) + "]");
  }
}

std::string joined(const std::string& room, Version version, const Someone& who) {
  return to_line(MembershipChange{room, version, MembershipChange::Kind::joined, who.member(version), {}});
}

std::string left(const std::string& room, Version version, const Someone& who, LeaveReason reason) {
  return to_line(MembershipChange{room, version, MembershipChange::Kind::left, who.member(), reason});
}

std::string updated(const std::string& room, Version version, const Someone& who) {
  return to_line(MembershipChange{room, version, MembershipChange::Kind::updated, who.member(), {}});
}

std::string displaced(const Someone& who) {
  return "displaced " + quote(who.id) + " epoch=" + std::to_string(who.epoch);
}

std::string undelivered(const Envelope& envelope, errc error) {
  return "undelivered " + to_line(envelope) + ": " + std::string(to_string(error));
}

Envelope to_room(std::string_view room, std::string_view payload) {
  Envelope envelope;
  envelope.room = room;
  envelope.payload = payload;
  envelope.from = "sender";
  return envelope;
}

Envelope to_member(std::string_view room, std::string_view to, std::string_view payload) {
  Envelope envelope = to_room(room, payload);
  envelope.to = to;
  return envelope;
}

Envelope to_peer(std::string_view to, std::string_view payload) { return to_member({}, to, payload); }

}  // namespace signaling::testing
