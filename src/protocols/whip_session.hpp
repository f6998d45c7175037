#pragma once

#include <string_view>

#include "protocols/sdp.hpp"
#include "signaling/protocols/whip.hpp"
#include "signaling/text/json_value.hpp"

namespace signaling::protocols {

/// A message of the router, as far as a session reads it. Views of the text.
struct WhipSession::Message {
  explicit Message(std::string_view text);
  text::JsonValue type, from, event, data, code, message, id, reason, peer, ice_servers;
};
struct WhipSession::Fragment : sdp::Fragment {};
struct WhipSession::Offer : sdp::Offer {};

// Tags of requests to the router.
inline constexpr std::string_view whip_join_tag = "join";
inline constexpr std::string_view whip_offer_tag = "offer";
inline constexpr std::string_view whip_restart_tag = "restart";

}  // namespace signaling::protocols
