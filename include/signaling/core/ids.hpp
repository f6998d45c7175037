#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling {

/// Ids are byte strings of 1 to Limits::max_id_bytes bytes. No byte is special: `{}`, `*` and NUL are ordinary names.
/// But a peer id never begins with `alias_mark`.
using PeerId = std::string;
/// The first byte of each alias (command::Join::alias), so that no chosen id equals an alias.
inline constexpr char alias_mark = '\x1F';
/// The name of a room.
using RoomId = std::string;
/// The id of a process among those that share a store; chosen at startup, never reused.
using NodeId = std::string;

/// Distinguishes successive claims of the same peer id: every claim gets a greater epoch (a fencing token).
using Epoch = std::uint64_t;
/// Grows by one with each change of a room's membership.
using Version = std::uint64_t;

/// The source of random ids and secrets; tests replace it to repeat a run.
///
/// Threads: any thread may call `fill`, concurrently.
class SIGNALING_API Random {
 public:
  virtual ~Random() = default;
  /// Fills all of `bytes`.
  virtual void fill(std::span<std::byte> bytes) = 0;
};

/// The operating system's generator, suitable for secrets.
SIGNALING_API Random& system_random() noexcept;

/// 128 random bits as 22 URL-safe characters (base64url, RFC 4648 5).
SIGNALING_API std::string make_id(Random& random);

/// True if both are equal. Takes the same time wherever they differ; for secrets.
SIGNALING_API bool equal_secrets(std::string_view a, std::string_view b) noexcept;

}  // namespace signaling
