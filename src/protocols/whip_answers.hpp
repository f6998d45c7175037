#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/protocols/whip.hpp"

namespace signaling::protocols {

inline constexpr std::string_view sdp_type = "application/sdp";
inline constexpr std::string_view fragment_type = "application/trickle-ice-sdpfrag";

/// True if a field Content-Type names `type`, with whatever parameters (RFC 9110 8.3.1).
bool is_content_type(std::string_view field, std::string_view type) noexcept;

/// What a field If-Match says of an entity tag (RFC 9110 13.1.1).
enum class Match : std::uint8_t { any, same, other };
/// The draft writes `"*"`, RFC 9110 `*`: both are any. A weak tag is another one.
Match match(std::string_view if_match, std::string_view etag) noexcept;

/// Appends a field Link for each URL of `servers`, a JSON array of RTCIceServer.
void append_links(std::string_view servers, std::vector<std::pair<std::string, std::string>>& headers);

/// A new strong entity tag.
std::string make_etag(Random& random);

}  // namespace signaling::protocols
