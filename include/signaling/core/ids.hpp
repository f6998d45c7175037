#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "signaling/core/export.hpp"

namespace signaling {

/// Ids are byte strings of 1 to Limits::max_id_bytes bytes. No byte has a meaning: `{}`, `*`, NUL are just names. Only the
/// first byte of a peer id is never `alias_mark`.
using PeerId = std::string;
/// The first byte of each alias (command::Join::alias): so no client that chooses its id has another's alias.
inline constexpr char alias_mark = '\x1F';
/// The name of a room.
using RoomId = std::string;
/// One process that shares a store with others; chosen at start, never used again.
using NodeId = std::string;

/// Tells two lives of the same peer id apart: every claim of an id gets a greater one (a fencing token).
using Epoch = std::uint64_t;
/// Grows by one with each change of a room's membership.
using Version = std::uint64_t;

/// Where ids and secrets come from; passed in, so that a test can be repeated.
///
/// Threads: `fill` is called from any thread at once.
class SIGNALING_API Random {
 public:
  virtual ~Random() = default;
  /// Fills all of `bytes`.
  virtual void fill(std::span<std::byte> bytes) = 0;
};

/// The operating system's generator, fit for secrets.
SIGNALING_API Random& system_random() noexcept;

/// 128 random bits as 22 URL-safe characters (base64url, RFC 4648 5).
SIGNALING_API std::string make_id(Random& random);

/// True if both are equal; takes the same time wherever they differ. For secrets.
SIGNALING_API bool equal_secrets(std::string_view a, std::string_view b) noexcept;

}  // namespace signaling
