#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/clock.hpp"
#include "signaling/core/message.hpp"
#include "signaling/protocols/peerjs.hpp"

namespace signaling::protocols {

/// A message of a client, as clients of this protocol get it.
struct PeerjsMessage {
  MessageType type = MessageType::event;
  std::string text;
  std::size_t payload_at = 0;  // in `text`
  std::size_t payload_size = 0;

  std::string_view payload() const noexcept {
    return std::string_view(text).substr(payload_at, payload_size);
  }
};

/// The messages of one client to ids that nobody has. An id is known here from its first message until it is expired or
/// taken, also if its messages were dropped for want of room; at most `max_known_ids` are, of at most `max_id_bytes` each.
class PeerjsQueue {
 public:
  static constexpr std::size_t max_known_ids = 256;
  static constexpr std::size_t max_id_bytes = 16 * 1024;
  explicit PeerjsQueue(const PeerjsOptions& options) : options_(options) {}

  bool is_empty() const noexcept { return absent_.empty(); }
  /// Do messages wait for it?
  bool holds(std::string_view id) const noexcept;
  /// The ids for which messages wait.
  std::vector<std::string> ids() const;
  /// False: the id cannot be known, and is to expire at once.
  [[nodiscard]] bool add(std::string_view id, PeerjsMessage message, TimePoint now);
  /// The messages to an id that has come.
  std::vector<PeerjsMessage> take(std::string_view id);
  /// The ids whose time is over, which are not known any more.
  std::vector<std::string> expire(TimePoint now);

 private:
  struct Absent {
    std::string id;
    TimePoint expires;
    std::size_t bytes = 0;
    std::vector<PeerjsMessage> messages;
  };
  Absent* find(std::string_view id) noexcept;
  bool has_room(const Absent& absent, std::size_t bytes) const noexcept;

  const PeerjsOptions& options_;
  std::vector<Absent> absent_;  // in the order in which they expire
};

}  // namespace signaling::protocols
