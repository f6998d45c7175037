#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/core/message.hpp"
#include "signaling/text/export.hpp"

namespace signaling::identity {

/// A set of message types.
class SIGNALING_API MessageTypes {
 public:
  /// The empty set.
  static constexpr MessageTypes none() noexcept { return {}; }
  /// All message types.
  static constexpr MessageTypes all() noexcept {
    MessageTypes types;
    for (const auto type : {MessageType::offer, MessageType::answer, MessageType::candidate,
                            MessageType::message, MessageType::event}) {
      types.add(type);
    }
    return types;
  }

  /// Adds one.
  constexpr void add(MessageType type) noexcept { bits_ |= bit(type); }
  /// True if it was added.
  constexpr bool contains(MessageType type) const noexcept { return (bits_ & bit(type)) != 0; }
  friend constexpr MessageTypes operator&(MessageTypes a, MessageTypes b) noexcept {
    a.bits_ &= b.bits_;
    return a;
  }
  friend constexpr bool operator==(MessageTypes, MessageTypes) noexcept = default;

 private:
  static constexpr std::uint32_t bit(MessageType type) noexcept {
    return 1U << static_cast<std::uint32_t>(type);
  }
  std::uint32_t bits_ = 0;
};

/// The permissions of a peer in one room. Default: join and send everything.
struct SIGNALING_API RoomGrant {
  bool join = true;  ///< whether it may be in the room
  /// The message types that it may send there; an admin may send all.
  MessageTypes publish = MessageTypes::all();
  /// For the host, which decides what its admins may do: the library gives them only `publish`.
  bool admin = false;
  /// The peer's metadata in this room: raw JSON text, which the client cannot change. Absent: the client's own.
  std::optional<std::string> metadata;

  /// The message types that it may send, as an admin or not.
  constexpr MessageTypes may_send() const noexcept { return admin ? MessageTypes::all() : publish; }
};

/// The permissions of a peer, room by room. Default: none.
///
/// Room names are compared byte for byte; they are not patterns.
/// Errors: `allow` and `allow_other_rooms` throw std::invalid_argument if RoomGrant::metadata is not JSON.
class SIGNALING_API Grants {
 public:
  /// Every room, every message type.
  static Grants everything();

  /// False if that room already had a grant, which stays.
  bool allow(std::string room, RoomGrant grant);
  /// The grant of all rooms without a grant of their own.
  void allow_other_rooms(RoomGrant grant);

  /// Null: no grant.
  const RoomGrant* find(std::string_view room) const;
  /// True if a room may be joined.
  bool may_join_any() const noexcept { return everywhere_.has_value(); }
  /// True if the room's grant allows it.
  bool may_join(std::string_view room) const;
  /// True if the room's grant allows it, whether or not the room may be joined.
  bool may_send(MessageType type, std::string_view room) const;
  /// The message types allowed in every room that may be joined; empty if no room may be joined.
  MessageTypes sendable_everywhere() const noexcept { return everywhere_.value_or(MessageTypes::none()); }

 private:
  void narrow(const RoomGrant& grant) noexcept;

  std::map<std::string, RoomGrant, std::less<>> rooms_;
  std::optional<RoomGrant> other_rooms_;
  std::optional<MessageTypes> everywhere_;
};

}  // namespace signaling::identity
