#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "signaling/core/room.hpp"
#include "signaling/protocols/peerjs.hpp"

namespace signaling::protocols {

/// Who is called what in the room of all clients, on all nodes.
///
/// Threads: any.
class PeerjsIndex {
 public:
  PeerjsIndex(Peerjs::RoomOf room_of, RoomId room);

  /// The member of that name; the newest of them, while one takes the place of another. Nothing: there is none.
  std::optional<PeerId> find(std::string_view name);
  /// The name of a member that has claimed one, as JSON. Empty: it is no such member.
  std::string name_of(std::string_view peer);
  /// Members on all nodes.
  std::size_t size() const;

 private:
  /// Under the lock.
  void refresh();

  const Peerjs::RoomOf room_of_;
  const RoomId room_;
  std::mutex mutex_;
  std::weak_ptr<Room> indexed_;
  Version version_ = 0;
  std::vector<Member> members_;
  // Members by id, and those with a name by their metadata, which the server has written. Views of `members_`.
  std::unordered_map<std::string_view, const Member*> by_id_;
  std::unordered_map<std::string_view, const Member*> by_metadata_;
};

/// What became of joins: a protocol object gets no events, and asks here for what the encoder has seen.
///
/// Threads: any.
class PeerjsOpenings {
 public:
  enum class Outcome : std::uint8_t { pending, joined, id_in_use };
  /// A number for the joins of one client, of which one is asked for at a time.
  std::uint64_t begin();
  void set(std::uint64_t number, Outcome outcome);
  Outcome get(std::uint64_t number) const;
  void end(std::uint64_t number) noexcept;

 private:
  mutable std::mutex mutex_;
  std::uint64_t last_ = 0;
  std::unordered_map<std::uint64_t, Outcome> outcomes_;
};

/// Who waits for the id of which client, until that has shown whether it lives.
///
/// Threads: any.
class PeerjsContenders {
 public:
  /// At most `max_contenders` wait to be told: others find out by themselves.
  static constexpr std::size_t max_contenders = 16;
  void add(std::string_view id, std::string_view contender);
  /// Those who wait, by peer id. They do not wait any more.
  std::vector<PeerId> take(std::string_view id);

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<PeerId>, std::less<>> contenders_;
};

/// The connection that a client and another peer have negotiated last: others do not name it in their answers.
struct PeerjsConnection {
  std::string id;    // JSON
  std::string type;  // JSON: "data" or "media"
};

/// These, for each client. At most `max_pairs` others each: the oldest go.
///
/// Threads: any.
class PeerjsConnections {
 public:
  static constexpr std::size_t max_pairs = 64;
  void set(std::string_view client, std::string_view other, PeerjsConnection connection);
  std::optional<PeerjsConnection> find(std::string_view client, std::string_view other) const;
  void forget(std::string_view client) noexcept;

 private:
  struct Pair {
    PeerId other;
    PeerjsConnection connection;
  };
  mutable std::mutex mutex_;
  std::map<PeerId, std::vector<Pair>, std::less<>> pairs_;
};

}  // namespace signaling::protocols
