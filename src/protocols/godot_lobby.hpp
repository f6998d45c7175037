#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "signaling/core/event.hpp"
#include "signaling/core/room.hpp"

namespace signaling::protocols {

/// Marks what is said in this language.
inline constexpr std::string_view godot_language = "godot";
/// What stands before the name of a lobby to make an alias of its host.
inline constexpr std::string_view godot_alias_prefix = "\037godot:";
/// The requests of a client's join, and of a host's seal.
inline constexpr std::string_view godot_join_request = "join";
inline constexpr std::string_view godot_seal_request = "seal";

/// What clients of this protocol claim in a lobby besides `godot_host_metadata`.
inline constexpr std::string_view godot_client_claim = R"( {"godotHost":false})";
inline constexpr std::string_view godot_sealed_claim = R"( {"godotHost":true,"sealed":true})";

/// The types of messages.
enum class GodotType : std::uint8_t {
  join,
  id,
  peer_connect,
  peer_disconnect,
  offer,
  answer,
  candidate,
  seal,
};
inline constexpr std::uint64_t godot_types = 8;

/// The private messages of this language, as Message::original.
inline constexpr std::string_view godot_here = "here";  // a client, to the host of its lobby
inline constexpr std::string_view godot_complete =
    "complete";  // a host, to all: the lobby was sealed long enough

constexpr bool is_godot_host(std::string_view metadata) noexcept {
  return metadata.starts_with(R"( {"godotHost":true)");
}
/// Of the name of a lobby.
constexpr bool is_client_server(std::string_view lobby) noexcept {
  return !lobby.empty() && lobby[0] >= '0' && lobby[0] <= '9';
}

/// The number of a member: 1 is the host, and the others have one that is derived from their id. Of two members, the one
/// with the larger number makes the offer; peers of other protocols have smaller ones, so that it is the client of this.
std::uint32_t godot_number(std::string_view id, std::string_view metadata);

/// The host of a lobby; null: there is none.
const Member* godot_host(const std::vector<Member>& members) noexcept;

}  // namespace signaling::protocols
