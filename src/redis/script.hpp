#pragma once

namespace signaling::redis {

/// The Lua script that does all that RedisStore changes in the database: whatever is called happens at once or not at
/// all. See its first lines for the arguments, and docs/clustering.md for the keys.
extern const char* const script;

}  // namespace signaling::redis
