#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/encoded_event.hpp"
#include "core/room_picture.hpp"
#include "signaling/core/room.hpp"
#include "signaling/core/state_store.hpp"

namespace signaling {

class Mailbox;

/// Who is in a room as this node knows it, at which version, and which languages the local members speak.
///
/// Threads: none of its own; RoomPresence has the lock.
/// Errors: an exception, of memory, leaves the table as it was.
/// Complexity: small rooms are searched one by one, since an index would be most of what they take.
class RoomMembers {
 public:
  struct RemotePeer {
    PeerId id;
    NodeId node;
  };
  struct Entry {
    std::shared_ptr<Mailbox> local;  // exactly one of these two
    std::unique_ptr<RemotePeer> remote;
    Payload metadata;
    Epoch epoch = 0;
    Version joined_at = 0;
    bool is_away = false;
    bool is_held = false;  // a local member that is told of no change until it has got a list

    const PeerId& id() const noexcept;
    MemberView view() const noexcept { return {id(), metadata.view(), joined_at, is_away}; }
    /// The same stay, by a later claim. While nodes do not see each other, two may begin a stay at the same place: of such
    /// the metadata differ, or else nobody can tell them apart.
    bool moves_to(const StoreMember& member) const noexcept {
      return joined_at == member.joined_at && epoch < member.epoch && metadata == member.metadata;
    }
    bool is(const StoreMember& member) const noexcept {
      return epoch == member.epoch && joined_at == member.joined_at;
    }
  };
  /// Copies, for code that runs without the lock.
  struct Snapshot {
    Version version = 0;
    Member self;
    std::vector<Member> others;  // in the order in which they joined
  };

  Version version() const noexcept { return version_; }
  /// Versions never go back.
  void advance(Version version) noexcept;
  std::size_t size() const noexcept { return entries_.size(); }
  RoomPicture picture() const;
  bool has_local() const noexcept { return entries_.size() != remote_count_; }
  const std::vector<Entry>& entries() const noexcept { return entries_; }
  const Entry* find(std::string_view peer) const;
  Entry* find(std::string_view peer) { return const_cast<Entry*>(std::as_const(*this).find(peer)); }
  /// The version at which it joined; 0: it is no member.
  Version joined_at(std::string_view peer) const;
  /// Is the sender of a message a member, of the membership by which it was sent?
  bool is_member(const Route& route) const;
  /// Is it this connection of its peer that is a member?
  bool has(const Mailbox& local) const;
  /// Does no local member come behind it in the order of joins?
  bool is_last(const MemberView& peer) const noexcept;
  /// A language of local members other than `skip` that the event is not encoded in. Nothing: there is none.
  std::optional<std::shared_ptr<const Encoder>> missing_encoder(const EncodedEvent& encoded,
                                                                const Mailbox* skip) const;
  /// Nodes with members here, other than this one.
  std::vector<NodeId> remote_nodes() const;
  /// `except` is not among the others. `here`: this node.
  Snapshot snapshot(std::string_view except, const NodeId& here) const;
  /// What has happened on other nodes when the room is as the store says, and this is what was known.
  std::vector<MembershipChange> difference(const RoomId& room, const RoomState& state, const NodeId& here,
                                           Version version) const;

  /// No member may have its id.
  void add(Entry entry);
  /// Of a member.
  Entry take(std::string_view peer) noexcept;
  std::vector<Entry> take_all() noexcept;
  /// As if nothing had been known. Without local members.
  void forget() noexcept;

 private:
  void add_speaker(const std::shared_ptr<const Encoder>& encoder);
  void remove_speaker(const std::shared_ptr<const Encoder>& encoder) noexcept;
  void add_to_index() noexcept;

  Version version_ = 0;
  std::vector<Entry> entries_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> index_;  // of rooms that are large, or were
  std::size_t remote_count_ = 0;
  // With the number of those who speak it.
  boost::container::small_vector<std::pair<std::shared_ptr<const Encoder>, std::uint32_t>, 1> encoders_;
};

}  // namespace signaling
