#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mailbox.hpp"
#include "core/seeded_hash.hpp"
#include "signaling/core/command.hpp"
#include "signaling/core/ids.hpp"

namespace signaling {

class PeerSession;
class RoomView;

/// Items found by name, spread over shards with a lock each.
template <class Items>
class Sharded {
 public:
  struct Shard {
    mutable std::mutex mutex;
    Items items;
  };

  explicit Sharded(const SeededHash& hash) : hash_(hash) {
    for (Shard& shard : shards_) shard.items = Items(0, typename Items::hasher(hash));
  }
  // The tables tell items apart by the highest bits and by the lowest eight, so those must differ within a shard.
  Shard& of(std::string_view name) noexcept { return shards_[(hash_(name) >> 8U) % shards_.size()]; }
  const Shard& of(std::string_view name) const noexcept {
    return shards_[(hash_(name) >> 8U) % shards_.size()];
  }
  auto begin() noexcept { return shards_.begin(); }
  auto begin() const noexcept { return shards_.begin(); }
  auto end() noexcept { return shards_.end(); }
  auto end() const noexcept { return shards_.end(); }

 private:
  SeededHash hash_;
  std::array<Shard, 32> shards_;
};

/// A peer as the directory gives it, with its mailbox, which has its id. Null pointers: there is none.
struct PeerEntry {
  std::shared_ptr<PeerSession> peer;
  Mailbox* mailbox = nullptr;  // part of `peer`

  explicit operator bool() const noexcept { return mailbox != nullptr; }
  std::string_view id() const noexcept { return mailbox->id(); }
  bool operator==(const PeerEntry& other) const noexcept { return mailbox == other.mailbox; }
};

/// A room, and its id, which is part of it.
struct RoomEntry {
  std::shared_ptr<RoomView> room;
  const RoomId* name = nullptr;

  std::string_view id() const noexcept { return *name; }
};

/// Who is where on this node: peers by id, peers by alias, rooms. It hands them out, and calls none of them.
///
/// Peers and rooms carry the keys of their own tables, so no key outlives its value. Aliases live in a table of their own,
/// so no peer id finds one.
/// Threads: any. One shard is locked at a time, and nothing else happens under its lock.
class Directory {
 public:
  explicit Directory(Random& random);

  /// The peer of this id, or alias.
  PeerEntry find(std::string_view name) const;
  /// Adds the peer, unless there are `limit` of them (0: no limit). Gives the peer of the same id that it takes the place
  /// of, or none; nothing: the directory is full.
  std::optional<PeerEntry> put(PeerEntry peer, std::size_t limit);
  /// Does nothing if another peer has taken its place.
  void remove(const Mailbox& peer);
  std::vector<PeerEntry> peers() const;
  std::size_t peer_count() const noexcept { return peer_count_.load(std::memory_order_relaxed); }

  // Aliases. The node claims a name from the store once, whichever of its peers has it: so a peer takes a name over from
  // another one without the store, and the claim is released when the last of those who have or want it is gone.

  using AliasInUse = command::Join::AliasInUse;
  struct AliasHolder {
    PeerEntry peer;
    AliasInUse in_use = AliasInUse::stay;
    std::string secret = {};
  };
  /// Gives the name to `wanted.peer`, if a peer of this node has it and lets others take it over in the same way, and with
  /// the same secret. Returns that peer; none: the name was not given.
  PeerEntry take_alias(std::string_view name, AliasHolder wanted);
  /// The store is asked for the name. `end_claim` must follow.
  void begin_claim(std::string_view name);
  struct ClaimEnd {
    Epoch unused = 0;    // to release; 0: none
    AliasHolder former;  // the peer of this node that had the name until now
  };
  /// The store has answered. `holder`: who has the name now; none: it was not given, or the peer is gone.
  ClaimEnd end_claim(std::string_view name, AliasHolder holder, Epoch epoch);
  /// The peer is gone. Returns the epoch to release; 0: none.
  Epoch remove_alias(std::string_view name, const Mailbox& peer);
  /// The node has lost the claim of this epoch. Returns who had the name here.
  AliasHolder lose_alias(std::string_view name, Epoch epoch);

  /// The room of this name that is not `retired`; made with `make` if there is none.
  std::shared_ptr<RoomView> room(std::string_view id, const RoomView* retired,
                                 const std::function<RoomEntry()>& make);
  /// Does nothing if another room has taken its place.
  void remove_room(std::string_view id, const RoomView* room);
  std::shared_ptr<RoomView> find_room(std::string_view id) const;
  std::vector<std::shared_ptr<RoomView>> rooms() const;
  std::size_t room_count() const;

  /// Forgets everybody. Returns the rooms.
  std::vector<std::shared_ptr<RoomView>> clear();

 private:
  explicit Directory(const SeededHash& hash);

  static std::string_view id_of(std::string_view id) noexcept { return id; }
  static std::string_view id_of(const auto& entry) noexcept { return entry.id(); }
  struct IdHash {
    using is_transparent = void;
    using is_avalanching = void;
    IdHash() = default;
    explicit IdHash(const SeededHash& seeded) : hash(seeded) {}
    std::size_t operator()(const auto& item) const noexcept { return hash(id_of(item)); }
    SeededHash hash;
  };
  struct SameId {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const noexcept { return id_of(a) == id_of(b); }
  };
  template <class Entry>
  using Table = boost::unordered_flat_set<Entry, IdHash, SameId>;

  struct Alias {
    AliasHolder holder;
    Epoch epoch = 0;             // 0: not given by the store yet
    std::size_t unanswered = 0;  // claims
  };
  using Aliases = boost::unordered_flat_map<std::string, Alias, SeededHash, std::equal_to<>>;
  PeerEntry find_alias(std::string_view name) const;
  static Epoch drop_if_unused(Aliases& aliases, Aliases::iterator alias);

  Sharded<Table<PeerEntry>> peers_;
  Sharded<Aliases> aliases_;
  Sharded<Table<RoomEntry>> rooms_;
  std::atomic<std::size_t> peer_count_{0};
};

}  // namespace signaling
