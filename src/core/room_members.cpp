#include "core/room_members.hpp"

#include <algorithm>
#include <new>
#include <string>

#include "core/mailbox.hpp"
#include "core/seeded_hash.hpp"

namespace signaling {
namespace {

constexpr std::size_t indexed_from = 16;

constexpr auto encoder_of = [](const auto& pair) -> const auto& { return pair.first; };

}  // namespace

const PeerId& RoomMembers::Entry::id() const noexcept { return local ? local->id() : remote->id; }

void RoomMembers::advance(Version version) noexcept { version_ = std::max(version_, version); }

const RoomMembers::Entry* RoomMembers::find(std::string_view peer) const {
  if (index_.empty()) {
    const auto found = std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.id() == peer; });
    return found == entries_.end() ? nullptr : &*found;
  }
  const auto found = index_.find(peer);
  return found == index_.end() ? nullptr : &entries_[found->second];
}

Version RoomMembers::joined_at(std::string_view peer) const {
  const Entry* const entry = find(peer);
  return entry == nullptr ? 0 : entry->joined_at;
}

bool RoomMembers::is_member(const Route& route) const {
  const Entry* const sender = find(route.from);
  return sender != nullptr && sender->epoch == route.from_epoch && sender->joined_at == route.from_joined_at;
}

bool RoomMembers::has(const Mailbox& local) const {
  const Entry* const entry = find(local.id());
  return entry != nullptr && entry->local.get() == &local;
}

bool RoomMembers::is_last(const MemberView& peer) const noexcept {
  return std::ranges::none_of(
      entries_, [&](const Entry& other) { return other.local && precedes(peer, other.view()); });
}

std::optional<std::shared_ptr<const Encoder>> RoomMembers::missing_encoder(const EncodedEvent& encoded,
                                                                           const Mailbox* skip) const {
  for (const auto& [encoder, speakers] : encoders_) {
    if (encoded.find(encoder.get()) != nullptr) continue;
    const bool is_of_skip_alone =
        skip != nullptr && speakers == 1 && encoder == skip->encoder() && has(*skip);
    if (!is_of_skip_alone) return encoder;
  }
  return std::nullopt;
}

// The order does not matter, and every node has the same key.
RoomPicture RoomMembers::picture() const {
  const SeededHash hash;
  RoomPicture picture{version_, 0};
  for (const Entry& entry : entries_) {
    std::string text = entry.id() + ' ' + std::to_string(entry.joined_at) + ' ';
    text += entry.metadata.view();
    picture.members += static_cast<std::uint32_t>(hash(text));  // as on a machine of 32 bits
  }
  return picture;
}

std::vector<NodeId> RoomMembers::remote_nodes() const {
  std::vector<NodeId> nodes;
  if (remote_count_ == 0) return nodes;
  for (const Entry& entry : entries_) {
    if (entry.remote && std::ranges::find(nodes, entry.remote->node) == nodes.end()) {
      nodes.push_back(entry.remote->node);
    }
  }
  return nodes;
}

RoomMembers::Snapshot RoomMembers::snapshot(std::string_view except, const NodeId& here) const {
  Snapshot snapshot;
  snapshot.version = version_;
  snapshot.others.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    Member member{entry.id(), entry.metadata, entry.local ? here : entry.remote->node, entry.joined_at,
                  entry.is_away};
    if (!except.empty() && member.id == except) {
      snapshot.self = std::move(member);
    } else {
      snapshot.others.push_back(std::move(member));
    }
  }
  std::ranges::sort(snapshot.others, {}, &Member::joined_at);
  return snapshot;
}

std::vector<MembershipChange> RoomMembers::difference(const RoomId& room, const RoomState& state,
                                                      const NodeId& here, Version version) const {
  using Kind = MembershipChange::Kind;
  std::vector<MembershipChange> changes;
  boost::unordered_flat_map<std::string_view, const StoreMember*> wanted;
  boost::unordered_flat_map<std::string_view, const StoreMember*> here_now;
  for (const StoreMember& member : state.members) {
    (member.node != here ? wanted : here_now).emplace(member.id, &member);
  }
  for (const Entry& entry : entries_) {
    if (entry.local) continue;
    const auto found = wanted.find(entry.id());
    const bool stays = found != wanted.end() && (entry.is(*found->second) || entry.moves_to(*found->second));
    if (stays) continue;
    // A join that is under way moves it here.
    const auto coming = here_now.find(entry.id());
    if (coming != here_now.end() && entry.moves_to(*coming->second)) continue;
    const StoreMember gone{entry.id(), entry.remote->node, entry.epoch, entry.metadata, 0};
    changes.push_back({room, version, Kind::left, gone, LeaveReason::disconnect});
  }
  for (const auto& [id, member] : wanted) {
    const Entry* const entry = find(id);
    if (entry != nullptr && entry->moves_to(*member)) {
      changes.push_back({room, version, Kind::moved, *member, {}, entry->epoch});
    } else if (entry == nullptr || !entry->is(*member)) {
      changes.push_back({room, version, Kind::joined, *member, {}});
    } else if (entry->metadata != member->metadata) {
      changes.push_back({room, version, Kind::updated, *member, {}});
    }
  }
  return changes;
}

void RoomMembers::add(Entry entry) {
  if (entries_.size() == entries_.capacity()) entries_.reserve(std::max<std::size_t>(1, 2 * entries_.size()));
  if (entry.local) {
    add_speaker(entry.local->encoder());
  } else {
    ++remote_count_;
  }
  entries_.push_back(std::move(entry));
  if (!index_.empty() || entries_.size() >= indexed_from) add_to_index();
}

// Without memory for it there is none, and the next member that is added tries again.
void RoomMembers::add_to_index() noexcept {
  try {
    for (std::size_t place = index_.size(); place < entries_.size(); ++place) {
      index_.emplace(entries_[place].id(), static_cast<std::uint32_t>(place));
    }
  } catch (const std::bad_alloc&) {
    index_.clear();
  }
}

RoomMembers::Entry RoomMembers::take(std::string_view peer) noexcept {
  const auto place = static_cast<std::uint32_t>(find(peer) - entries_.data());
  const bool is_indexed = !index_.empty();
  if (is_indexed) index_.erase(peer);
  Entry taken = std::move(entries_[place]);
  if (place + 1 != entries_.size()) {
    entries_[place] = std::move(entries_.back());
    if (is_indexed) index_.find(entries_[place].id())->second = place;
  }
  entries_.pop_back();
  if (taken.local) {
    remove_speaker(taken.local->encoder());
  } else {
    --remote_count_;
  }
  return taken;
}

std::vector<RoomMembers::Entry> RoomMembers::take_all() noexcept {
  index_.clear();
  encoders_.clear();
  remote_count_ = 0;
  return std::exchange(entries_, {});
}

void RoomMembers::forget() noexcept {
  (void)take_all();
  version_ = 0;
}

void RoomMembers::add_speaker(const std::shared_ptr<const Encoder>& encoder) {
  const auto spoken = std::ranges::find(encoders_, encoder, encoder_of);
  if (spoken == encoders_.end()) {
    encoders_.emplace_back(encoder, 1U);
  } else {
    ++spoken->second;
  }
}

void RoomMembers::remove_speaker(const std::shared_ptr<const Encoder>& encoder) noexcept {
  const auto spoken = std::ranges::find(encoders_, encoder, encoder_of);
  if (--spoken->second == 0) encoders_.erase(spoken);
}

}  // namespace signaling
