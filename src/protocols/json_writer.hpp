#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"

namespace signaling::protocols {

/// Writes JSON text piece by piece into a frame. What the pieces add up to is the caller's business.
class SIGNALING_API JsonWriter {
 public:
  explicit JsonWriter(std::size_t expected_size) : builder_(expected_size) {}

  /// As it is: punctuation, or a value that is JSON text already.
  JsonWriter& raw(std::string_view text);
  /// In quotes, escaped. Bytes that are not UTF-8 become U+FFFD, each of them.
  JsonWriter& string(std::string_view text);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  /// In quotes, as base64 with padding (RFC 4648 4).
  JsonWriter& base64(std::string_view bytes);

  Frame finish() { return builder_.finish(MessageKind::text); }

 private:
  void escape(unsigned char byte);

  FrameBuilder builder_;
};

}  // namespace signaling::protocols
