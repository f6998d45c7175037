#pragma once

#include <string>
#include <string_view>

#include "protocols/json_members.hpp"
#include "protocols/json_writer.hpp"

namespace signaling::protocols {

/// Some languages let clients name themselves and address each other by these names. Each name is an alias of
/// its peer, behind alias_mark and a prefix of the language: so no client can take a peer id, or the name of another
/// language. A peer that has no such
/// name, because it speaks another language, is shown and addressed as "peer:" and its id.
inline constexpr std::string_view peer_id_prefix = "peer:";

/// `own_name`: raw JSON, or empty if the peer has no name in this language.
inline JsonWriter& write_peer_name(JsonWriter& out, std::string_view own_name, std::string_view id) {
  if (!own_name.empty()) return out.raw(own_name);
  return out.string(std::string(peer_id_prefix).append(id));
}

/// The id or alias that stands behind the name of a peer.
inline std::string_view address_of(std::string_view name, std::string_view alias_prefix, KeptTexts& texts) {
  if (name.starts_with(peer_id_prefix)) return name.substr(peer_id_prefix.size());
  return texts.keep(std::string(alias_prefix).append(name));
}

}  // namespace signaling::protocols
