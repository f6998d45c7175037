#pragma once

#include <string>
#include <string_view>

#include "signaling/core/ids.hpp"

namespace signaling::protocols {

/// A random UUID (RFC 9562 5.4) in lower case.
std::string make_uuid(Random& random);

/// True for a UUID in lower case with hyphens.
bool is_uuid(std::string_view text) noexcept;

/// A name for a peer in protocols whose names are UUIDs: its id, if that is one, or else a UUID that is derived from the id
/// (RFC 9562 5.5).
std::string uuid_of(std::string_view peer_id);

/// True if `uuid_of` may have derived this UUID from an id.
bool may_be_derived(std::string_view uuid) noexcept;

}  // namespace signaling::protocols
