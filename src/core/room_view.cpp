// Path 5/8: who gets it: local members here, other nodes through the store. Next: core/peer_send.cpp
#include "core/room_view.hpp"

#include <algorithm>
#include <utility>

#include "core/peer_session.hpp"
#include "core/router_core.hpp"

namespace signaling {
namespace {

// Smaller rooms are searched one by one: an index would be most of what they take.
constexpr std::size_t indexed_from = 16;

SendResult combine(SendResult a, SendResult b) noexcept { return a.status < b.status ? b : a; }

}  // namespace

const PeerId& RoomView::Entry::id() const noexcept { return local ? local->id() : remote->id; }

Version RoomView::version() const {
  const std::scoped_lock lock(mutex_);
  return version_;
}

Version RoomView::followed_version() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size() == remote_count_ ? 0 : version_;
}

std::size_t RoomView::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

std::vector<Member> RoomView::members() const { return copy_members({}).others; }

SendResult RoomView::broadcast(const Envelope& envelope, EncodedEvent& encoded, const PeerSession* skip) {
  std::vector<NodeId> elsewhere;
  Envelope routed = envelope;
  SendResult result = tell(encoded, skip, envelope.delivery, [&] {
    elsewhere = remote_nodes();
    if (!elsewhere.empty()) routed.from_joined_at = joined_at(envelope.from);
  });
  if (!elsewhere.empty() && core_.store().publish(core_.options().node, routed, elsewhere)) {
    result = combine(result, {SendStatus::dropped, errc::store_unavailable});
  }
  return result;
}

std::optional<SendResult> RoomView::send_to(const Envelope& envelope, EncodedEvent& encoded) {
  NodeId node;
  Envelope routed = envelope;
  for (;;) {
    std::shared_ptr<const Encoder> missing;
    {
      const std::scoped_lock lock(mutex_);
      const Entry* entry = find(envelope.to);
      if (entry == nullptr) return std::nullopt;
      if (!entry->local) {
        node = entry->remote->node;
        routed.from_joined_at = joined_at(envelope.from);
        break;
      }
      if (const auto* frames = encoded.find(entry->local->encoder())) {
        // No frame: the receiver's language has no word for it.
        if (frames->empty()) return SendResult{SendStatus::dropped, errc::unknown_type};
        return entry->local->push(*frames, envelope.delivery);
      }
      missing = entry->local->shared_encoder();
    }
    encoded.add(std::move(missing));
  }
  routed.room = id_;
  routed.names_room = !envelope.room.empty();
  const std::error_code error = core_.store().publish(core_.options().node, routed, {&node, 1});
  if (error == errc::peer_not_found) return SendResult{SendStatus::dropped, errc::peer_not_found};
  if (error) return SendResult{SendStatus::dropped, errc::store_unavailable};
  return SendResult{};
}

bool RoomView::is_member(const Envelope& message) {
  const Entry* const sender = find(message.from);
  return sender != nullptr && sender->epoch == message.from_epoch &&
         sender->joined_at == message.from_joined_at;
}

void RoomView::deliver_remote(const Envelope& envelope) {
  {
    const std::scoped_lock lock(mutex_);
    // The promise of order: nothing before its join was told, or after its leave.
    if (envelope.reach == Reach::members && !is_member(envelope)) return;
  }
  Envelope told = envelope;
  if (!told.names_room) told.room = {};
  const Event event = event::Message{told};
  EncodedEvent encoded(event);
  SendResult result;
  if (envelope.to.empty()) {
    result = tell(encoded, nullptr, envelope.delivery, [] {});
    if (result.status == SendStatus::dropped) core_.tell_sender(envelope, result.error);
    return;
  }
  std::shared_ptr<PeerSession> receiver;
  {
    const std::scoped_lock lock(mutex_);
    if (const Entry* entry = find(envelope.to)) receiver = entry->local;
  }
  result =
      receiver ? receiver->push(encoded, envelope) : SendResult{SendStatus::dropped, errc::peer_not_found};
  if (result.status == SendStatus::dropped) core_.tell_sender(envelope, result.error);
}

void RoomView::abandon() {
  std::vector<Entry> dropped;
  const std::scoped_lock lock(mutex_);
  retired_ = true;
  index_.clear();
  encoders_.clear();
  remote_count_ = 0;
  dropped.swap(entries_);
}

template <class Change>
SendResult RoomView::tell(EncodedEvent& encoded, const PeerSession* skip, Delivery delivery, Change change) {
  for (;;) {
    std::shared_ptr<const Encoder> missing;
    {
      const std::scoped_lock lock(mutex_);
      missing = missing_encoder(encoded);
      if (!missing) {
        change();
        return push_to_all(encoded, skip, delivery);
      }
    }
    encoded.add(std::move(missing));
  }
}

SendResult RoomView::push_to_all(const EncodedEvent& encoded, const PeerSession* skip, Delivery delivery) {
  SendResult result;
  if (encoded.is_silent()) return result;
  for (const Entry& entry : entries_) {
    if (!entry.local || entry.local.get() == skip) continue;
    const std::span<const Frame> frames = *encoded.find(entry.local->encoder());
    if (frames.empty()) continue;
    const SendResult pushed = entry.local->push(frames, delivery);
    // Who is just going has as good as left.
    if (pushed.error != errc::closed) result = combine(result, pushed);
  }
  return result;
}

// One failure, however many members hear of it.
void RoomView::warn(errc code) {
  core_.counters().error(code);
  const Event event = event::Error{code, describe(code), {}};
  EncodedEvent encoded(event);
  (void)tell(encoded, nullptr, Delivery::reliable, [] {});
}

void RoomView::insert(Entry entry, Version version) {
  evict(entry.id(), version);
  // The entry moves into the table while the event is encoded from what it refers to.
  const Payload metadata = entry.metadata;
  const PeerId id = entry.id();
  const MemberView peer{id, metadata.view(), entry.joined_at};
  const Event to_older = event::PeerJoined{id_, version, peer, true};
  const Event to_younger = event::PeerJoined{id_, version, peer, false};
  EncodedEvent older(to_older);
  EncodedEvent younger(to_younger);
  for (;;) {
    std::shared_ptr<const Encoder> missing;
    {
      const std::scoped_lock lock(mutex_);
      const bool is_last = std::ranges::none_of(
          entries_, [&](const Entry& other) { return other.local && precedes(peer, other.view()); });
      missing = missing_encoder(older);
      if (!missing && !is_last) missing = missing_encoder(younger);
      if (!missing) {
        version_ = std::max(version_, version);
        push_joined(peer, older, younger);
        add_entry(std::move(entry));
        return;
      }
    }
    if (older.find(missing.get()) == nullptr) {
      older.add(std::move(missing));
    } else {
      younger.add(std::move(missing));
    }
  }
}

void RoomView::push_joined(const MemberView& peer, const EncodedEvent& older, const EncodedEvent& younger) {
  for (const Entry& entry : entries_) {
    if (!entry.local) continue;
    const bool is_older = precedes(entry.view(), peer);
    const auto* frames = (is_older ? older : younger).find(entry.local->encoder());
    if (!frames->empty()) (void)entry.local->push(*frames, Delivery::reliable);
  }
}

// An id that comes again without having left is a new life of the same peer: the old one leaves first.
void RoomView::evict(const PeerId& id, Version version) {
  Epoch stale = 0;
  {
    const std::scoped_lock lock(mutex_);
    const Entry* entry = find(id);
    if (entry == nullptr) return;
    stale = entry->epoch;
  }
  push_out(id, stale, version, LeaveReason::disconnect);
}

// Whose place here another life has taken is not to go on talking until the store says so.
void RoomView::push_out(std::string_view peer, Epoch epoch, Version version, LeaveReason reason) {
  std::shared_ptr<PeerSession> local;
  {
    const std::scoped_lock lock(mutex_);
    const Entry* const entry = find(peer);
    if (entry != nullptr && entry->epoch == epoch) local = entry->local;
  }
  erase(peer, epoch, version, reason);
  if (local) local->replace([] {});
}

bool RoomView::erase(std::string_view peer, Epoch epoch, Version version, LeaveReason reason) {
  PeerId id;
  Payload metadata;
  Version joined_at = 0;
  {
    const std::scoped_lock lock(mutex_);
    version_ = std::max(version_, version);
    const Entry* entry = find(peer);
    if (entry == nullptr || entry->epoch != epoch) return false;
    id = entry->id();
    metadata = entry->metadata;
    joined_at = entry->joined_at;
  }
  const Event event = event::PeerLeft{id_, version, {id, metadata.view(), joined_at}, reason};
  EncodedEvent encoded(event);
  Entry removed;
  (void)tell(encoded, nullptr, Delivery::reliable, [&] { removed = take_entry(id); });
  return true;
}

bool RoomView::replace_metadata(std::string_view peer, Epoch epoch, const Payload& metadata,
                                Version version) {
  PeerId id;
  Version joined_at = 0;
  const PeerSession* self = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    const bool is_old = version <= version_;
    version_ = std::max(version_, version);
    const Entry* entry = find(peer);
    if (entry == nullptr || entry->epoch != epoch) return false;
    // The store need not count what changes nothing.
    if (is_old && entry->metadata == metadata) return false;
    id = entry->id();
    joined_at = entry->joined_at;
    self = entry->local.get();
  }
  const Event event = event::PeerUpdated{id_, version, {id, metadata.view(), joined_at}};
  EncodedEvent encoded(event);
  (void)tell(encoded, self, Delivery::reliable, [&] { find(id)->metadata = metadata; });
  return true;
}

RoomView::Entry* RoomView::find(std::string_view peer) {
  if (index_.empty()) {
    const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.id() == peer; });
    return found == entries_.end() ? nullptr : &*found;
  }
  const auto found = index_.find(peer);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

Version RoomView::joined_at(std::string_view peer) {
  const Entry* const entry = find(peer);
  return entry == nullptr ? 0 : entry->joined_at;
}

std::shared_ptr<const Encoder> RoomView::missing_encoder(const EncodedEvent& encoded) const {
  for (const auto& [encoder, speakers] : encoders_) {
    if (encoded.find(encoder.get()) == nullptr) return encoder;
  }
  return nullptr;
}

void RoomView::add_entry(Entry entry) {
  if (entry.local) {
    const auto& encoder = entry.local->shared_encoder();
    const auto spoken = std::ranges::find(encoders_, encoder, [](const auto& pair) { return pair.first; });
    if (spoken == encoders_.end()) {
      encoders_.emplace_back(encoder, 1U);
    } else {
      ++spoken->second;
    }
  } else {
    ++remote_count_;
  }
  entries_.push_back(std::move(entry));
  if (index_.empty() && entries_.size() < indexed_from) return;
  for (std::size_t place = index_.size(); place < entries_.size(); ++place) {
    index_.emplace(entries_[place].id(), static_cast<std::uint32_t>(place));
  }
}

RoomView::Entry RoomView::take_entry(std::string_view peer) {
  const auto place = static_cast<std::uint32_t>(find(peer) - entries_.data());
  const bool is_indexed = !index_.empty();
  if (is_indexed) index_.erase(peer);
  Entry taken = std::move(entries_[place]);
  if (place + 1 != entries_.size()) {
    entries_[place] = std::move(entries_.back());
    if (is_indexed) index_[entries_[place].id()] = place;
  }
  entries_.pop_back();
  if (taken.local) {
    const auto spoken = std::ranges::find(encoders_, taken.local->shared_encoder(),
                                          [](const auto& pair) { return pair.first; });
    if (--spoken->second == 0) encoders_.erase(spoken);
  } else {
    --remote_count_;
  }
  return taken;
}

std::vector<NodeId> RoomView::remote_nodes() const {
  std::vector<NodeId> nodes;
  if (remote_count_ == 0) return nodes;
  for (const Entry& entry : entries_) {
    if (entry.remote && std::ranges::find(nodes, entry.remote->node) == nodes.end()) {
      nodes.push_back(entry.remote->node);
    }
  }
  return nodes;
}

RoomView::Snapshot RoomView::copy_members(std::string_view except) const {
  Snapshot snapshot;
  {
    const std::scoped_lock lock(mutex_);
    snapshot.version = version_;
    snapshot.others.reserve(entries_.size());
    for (const Entry& entry : entries_) {
      Member member{entry.id(), entry.metadata, entry.local ? core_.options().node : entry.remote->node,
                    entry.joined_at};
      if (!except.empty() && member.id == except) {
        snapshot.self = std::move(member);
      } else {
        snapshot.others.push_back(std::move(member));
      }
    }
  }
  std::ranges::sort(snapshot.others, {}, &Member::joined_at);
  return snapshot;
}

}  // namespace signaling
