#pragma once

#include <span>
#include <string>
#include <string_view>

#include "signaling/text/export.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_writer.hpp"
#include "signaling/text/kept_texts.hpp"

namespace signaling::protocols {

// Some protocols let clients name themselves and address each other by these names. Each name is an alias of its peer
// (command::Join::alias), after alias_mark and a prefix of the protocol: so no client can take a peer id, or a name of
// another protocol.

/// A peer without such a name, because it speaks another protocol, is shown and addressed as "peer:" and its id.
inline constexpr std::string_view peer_id_prefix = "peer:";

/// Metadata with a name that the peer has claimed. It begins with a space, which no client of any protocol can write
/// there: so a name counts only if its peer has claimed it.
inline std::string claimed_metadata(std::string_view object) { return std::string(" ").append(object); }

/// The metadata if it has claimed names; otherwise empty.
inline std::string_view claims_of(std::string_view metadata) noexcept {
  return metadata.starts_with(' ') ? metadata : std::string_view();
}

/// A member of the metadata as JSON, if it was claimed. Empty: the peer has no name in that protocol.
inline std::string_view claimed_name(std::string_view metadata, std::string_view member) noexcept {
  const auto [name] = text::members_of(claims_of(metadata), {member});
  return name.text;
}

/// `own_name`: raw JSON, or empty if the peer has no name in this protocol.
inline text::JsonWriter& write_peer_name(text::JsonWriter& out, std::string_view own_name,
                                         std::string_view id) {
  if (!own_name.empty()) return out.raw(own_name);
  return out.string(std::string(peer_id_prefix).append(id));
}

/// The same as a separate string.
SIGNALING_API std::string peer_name(std::string_view own_name, std::string_view id);

/// `object` with `name`, which is JSON, as the value of those members in `fields` that it has: no client can use
/// another's name. Empty: they already have that value.
SIGNALING_API std::string sign(std::string_view object, std::span<const std::string_view> fields,
                               std::string_view name);

/// The id or alias for the name of a peer.
inline std::string_view address_of(std::string_view name, std::string_view alias_prefix,
                                   text::KeptTexts& texts) {
  if (name.starts_with(peer_id_prefix)) return name.substr(peer_id_prefix.size());
  return texts.keep(std::string(alias_prefix).append(name));
}

}  // namespace signaling::protocols
