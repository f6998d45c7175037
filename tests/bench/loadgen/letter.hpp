#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

/// The part of a message that this program looks into: who sent it, the how manyth it is, and when.
struct Stamp {
  std::uint32_t sender;
  std::uint32_t sequence;
  std::uint64_t time;
  std::size_t position;  ///< of the stamp in the message
};

/// What is behind the stamp: letters and digits, or lines of them as in an SDP, whose ends are escapes in JSON.
enum class Filler : std::uint8_t { letters, lines };

/// What messages carry.
struct Payload {
  std::size_t bytes = 200;  ///< of a message, with all that the dialect puts around its payload
  Filler filler = Filler::letters;
};

/// A message that one sender sends again and again, each time with a new stamp. Behind the stamp comes text that
/// differs from sender to sender, so that a receiver can tell whether every byte arrived.
class Letter {
 public:
  static constexpr std::size_t stamp_size = 40;

  Letter() = default;
  /// `before` and `after`: what the dialect puts around the payload, which is as large as that allows.
  Letter(std::uint32_t sender, std::string_view before, std::string_view after, const Payload& payload);

  std::string_view write(std::uint32_t sequence, std::uint64_t time);
  /// Whether this letter, stamped, is what lies there.
  bool is_in(std::string_view message, const Stamp& stamp) const;

 private:
  std::uint32_t sender_ = 0;
  std::string text_;
  std::size_t position_ = 0;
  std::size_t size_ = 0;  ///< of the payload, stamp included
};

std::optional<Stamp> find_stamp(std::string_view message);

}  // namespace bench
