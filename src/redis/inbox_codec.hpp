#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "redis/backend.hpp"
#include "redis/redis_connection.hpp"

namespace signaling::redis {

/// Reads what XREAD has answered of one stream.
///
/// Errors: an entry that the script cannot have written is `InboxEntry::Kind::bad`; one without a readable id is left out.
std::vector<InboxEntry> inbox_entries(std::vector<Reply::Value> values);

/// A member as the script packs it; `id` is left as it is. False: it cannot be read.
bool unpack_member(std::string_view packed, StoreMember& member);

/// The id of the entry before `place` in a stream.
std::string stream_id_before(InboxPlace place);
std::string stream_id(InboxPlace place);

}  // namespace signaling::redis
