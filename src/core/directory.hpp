#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Who is where on this node: peers by id, peers by alias, rooms.
///
/// Peers and rooms are the keys of their own tables, so no key outlives its value. Aliases live in a table of their own,
/// so no peer id finds one.
/// Threads: any. One shard is locked at a time, and nothing else happens under its lock.
class Directory {
 public:
  explicit Directory(Random& random);

  /// Adds the peer, unless there are `limit` of them (0: no limit). Gives the peer of the same id that it takes the place
  /// of, or null; nothing: the directory is full.
  std::optional<std::shared_ptr<PeerSession>> put(const std::shared_ptr<PeerSession>& peer,
                                                  std::size_t limit);
  /// Does nothing if another peer has taken its place.
  void remove(const PeerSession& peer);
  std::shared_ptr<PeerSession> find_peer(std::string_view id) const;
  std::vector<std::shared_ptr<PeerSession>> peers() const;
  std::size_t peer_count() const noexcept { return peer_count_.load(std::memory_order_relaxed); }

  // Aliases. The node claims a name from the store once, whichever of its peers has it: so a peer takes a name over from
  // another one without the store, and the claim is released when the last of those who have or want it is gone.

  using AliasInUse = command::Join::AliasInUse;
  struct AliasHolder {
    std::shared_ptr<PeerSession> peer;
    AliasInUse in_use = AliasInUse::stay;
  };
  std::shared_ptr<PeerSession> find_alias(std::string_view name) const;
  /// Gives the name to `peer`, if a peer of this node has it and lets others take it over.
  bool take_alias(std::string_view name, const std::shared_ptr<PeerSession>& peer);
  /// The store is asked for the name. `end_claim` must follow.
  void begin_claim(std::string_view name);
  /// The store has answered. `peer`: who has the name now; null: it was not given, or the peer is gone. Returns the epoch
  /// to release; 0: none.
  Epoch end_claim(std::string_view name, AliasHolder holder, Epoch epoch);
  /// The peer is gone. Returns the epoch to release; 0: none.
  Epoch remove_alias(std::string_view name, const PeerSession& peer);
  /// The node has lost the claim of this epoch. Returns who had the name here.
  AliasHolder lose_alias(std::string_view name, Epoch epoch);

  /// The room of this name that is not `retired`; made with `make` if there is none.
  std::shared_ptr<RoomView> room(std::string_view id, const RoomView* retired,
                                 const std::function<std::shared_ptr<RoomView>()>& make);
  void remove(const RoomView& room);
  std::shared_ptr<RoomView> find_room(std::string_view id) const;
  std::vector<std::shared_ptr<RoomView>> rooms() const;
  std::size_t room_count() const;

  /// Forgets everybody. Returns the rooms.
  std::vector<std::shared_ptr<RoomView>> clear();

 private:
  explicit Directory(const SeededHash& hash);

  template <class Value>
  struct IdHash {
    using is_transparent = void;
    using is_avalanching = void;
    IdHash() = default;
    explicit IdHash(const SeededHash& seeded) : hash(seeded) {}
    std::size_t operator()(std::string_view id) const noexcept { return hash(id); }
    std::size_t operator()(const std::shared_ptr<Value>& value) const noexcept { return hash(value->id()); }
    SeededHash hash;
  };
  struct SameId {
    using is_transparent = void;
    static std::string_view id_of(std::string_view id) noexcept { return id; }
    template <class Value>
    static std::string_view id_of(const std::shared_ptr<Value>& value) noexcept {
      return value->id();
    }
    bool operator()(const auto& a, const auto& b) const noexcept { return id_of(a) == id_of(b); }
  };
  template <class Value>
  using Table = boost::unordered_flat_set<std::shared_ptr<Value>, IdHash<Value>, SameId>;

  struct Alias {
    AliasHolder holder;
    Epoch epoch = 0;             // 0: not given by the store yet
    std::size_t unanswered = 0;  // claims
  };
  using Aliases = boost::unordered_flat_map<std::string, Alias, SeededHash, std::equal_to<>>;
  static Epoch drop_if_unused(Aliases& aliases, Aliases::iterator alias);

  Sharded<Table<PeerSession>> peers_;
  Sharded<Aliases> aliases_;
  Sharded<Table<RoomView>> rooms_;
  std::atomic<std::size_t> peer_count_{0};
};

}  // namespace signaling
