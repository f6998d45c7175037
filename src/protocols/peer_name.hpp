#pragma once

#include <span>
#include <string>
#include <string_view>

#include "protocols/json_members.hpp"
#include "protocols/json_writer.hpp"
#include "signaling/core/export.hpp"

namespace signaling::protocols {

/// Some languages let clients name themselves and address each other by these names. Each name is an alias of
/// its peer, behind alias_mark and a prefix of the language: so no client can take a peer id, or the name of another
/// language. A peer that has no such
/// name, because it speaks another language, is shown and addressed as "peer:" and its id.
inline constexpr std::string_view peer_id_prefix = "peer:";

/// Metadata with a name in it that the peer has claimed. It begins with a space, as no value can that a client
/// of any language writes: a name that somebody writes into metadata without having claimed it is none.
inline std::string claimed_metadata(std::string_view object) { return std::string(" ").append(object); }

/// The metadata, if it has names that were claimed; else empty.
inline std::string_view claims_of(std::string_view metadata) noexcept {
  return metadata.starts_with(' ') ? metadata : std::string_view();
}

/// A member of the metadata as JSON, if it was claimed. Empty: the peer has no name in that language.
inline std::string_view claimed_name(std::string_view metadata, std::string_view member) noexcept {
  const auto [name] = members_of(claims_of(metadata), {member});
  return name.text;
}

/// `own_name`: raw JSON, or empty if the peer has no name in this language.
inline JsonWriter& write_peer_name(JsonWriter& out, std::string_view own_name, std::string_view id) {
  if (!own_name.empty()) return out.raw(own_name);
  return out.string(std::string(peer_id_prefix).append(id));
}

/// The same as a text of its own.
SIGNALING_API std::string peer_name(std::string_view own_name, std::string_view id);

/// `text` as JSON.
SIGNALING_API std::string quoted(std::string_view text);

/// What `object` is if the members in `fields` that it has say `name`, which is JSON: nobody speaks in another's
/// name. Empty: they do already.
SIGNALING_API std::string sign(std::string_view object, std::span<const std::string_view> fields,
                               std::string_view name);

/// The id or alias that stands behind the name of a peer.
inline std::string_view address_of(std::string_view name, std::string_view alias_prefix, KeptTexts& texts) {
  if (name.starts_with(peer_id_prefix)) return name.substr(peer_id_prefix.size());
  return texts.keep(std::string(alias_prefix).append(name));
}

}  // namespace signaling::protocols
