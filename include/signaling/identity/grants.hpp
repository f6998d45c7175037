#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/core/envelope.hpp"
#include "signaling/core/export.hpp"

namespace signaling::identity {

/// A set of the types of messages.
class SIGNALING_API MessageTypes {
 public:
  /// The empty set.
  static constexpr MessageTypes none() noexcept { return {}; }
  /// All there are.
  static constexpr MessageTypes all() noexcept {
    MessageTypes types;
    for (const auto type : {EnvelopeType::offer, EnvelopeType::answer, EnvelopeType::candidate,
                            EnvelopeType::message, EnvelopeType::event}) {
      types.add(type);
    }
    return types;
  }

  /// Adds one.
  constexpr void add(EnvelopeType type) noexcept { bits_ |= bit(type); }
  /// True if it was added.
  constexpr bool contains(EnvelopeType type) const noexcept { return (bits_ & bit(type)) != 0; }
  friend constexpr MessageTypes operator&(MessageTypes a, MessageTypes b) noexcept {
    a.bits_ &= b.bits_;
    return a;
  }
  friend constexpr bool operator==(MessageTypes, MessageTypes) noexcept = default;

 private:
  static constexpr std::uint32_t bit(EnvelopeType type) noexcept {
    return 1U << static_cast<std::uint32_t>(type);
  }
  std::uint32_t bits_ = 0;
};

/// What a peer may do in one room. Default: join and send everything.
struct SIGNALING_API RoomGrant {
  bool join = true;  ///< it may be in the room
  /// The types of messages it may send there; an admin all of them.
  MessageTypes publish = MessageTypes::all();
  /// For the host, which decides what its admins may do: the library gives them nothing but `publish`.
  bool admin = false;
  /// What the others see of the peer in this room: raw JSON text, which the client cannot change. Absent: what the client
  /// gives.
  std::optional<std::string> metadata;

  /// The types of messages it may send, being an admin or not.
  constexpr MessageTypes may_send() const noexcept { return admin ? MessageTypes::all() : publish; }
};

/// What a peer may do, room by room. Default: nothing.
///
/// Room names are compared byte for byte; none of them is a pattern.
class SIGNALING_API Grants {
 public:
  /// Every room, every type of message.
  static Grants everything();

  /// False if that room had a grant already, which stays.
  bool allow(std::string room, RoomGrant grant);
  /// For all rooms that have no grant of their own.
  void allow_other_rooms(RoomGrant grant);

  /// Null: nothing is granted there.
  const RoomGrant* find(std::string_view room) const;
  /// True if there is a room that may be joined.
  bool may_join_any() const noexcept { return everywhere_.has_value(); }
  /// True if the room's grant says so.
  bool may_join(std::string_view room) const;
  /// True if the room's grant says so; joining is another matter.
  bool may_send(EnvelopeType type, std::string_view room) const;
  /// What may be sent in every room that may be joined; none, if there is no such room.
  MessageTypes sendable_everywhere() const noexcept { return everywhere_.value_or(MessageTypes::none()); }

 private:
  void narrow(const RoomGrant& grant) noexcept;

  std::map<std::string, RoomGrant, std::less<>> rooms_;
  std::optional<RoomGrant> other_rooms_;
  std::optional<MessageTypes> everywhere_;
};

}  // namespace signaling::identity
