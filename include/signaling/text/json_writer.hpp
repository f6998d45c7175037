#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling::text {

/// An output that texts can be appended to: a std::string, a FrameBuilder.
template <class Out>
concept TextOutput = requires(Out& out, std::string_view text) {
  out.append(text);
};

/// Appends JSON text piece by piece to an output. It writes strings and numbers (RFC 8259); the caller writes commas,
/// colons and brackets with `raw`, and is responsible for the validity of the whole text.
///
/// Lifetime: keeps a reference to the output.
/// Errors: those of the output.
/// Complexity: linear, without a buffer of its own.
class SIGNALING_API JsonWriter {
 public:
  /// Appends to `out`.
  template <TextOutput Out>
  explicit JsonWriter(Out& out) noexcept
      : out_(&out), append_([](void* to, std::string_view text) { static_cast<Out*>(to)->append(text); }) {}

  /// Unmodified: punctuation, or a value that is already JSON text.
  JsonWriter& raw(std::string_view text) {
    append_(out_, text);
    return *this;
  }
  /// In quotes, escaped. Each byte that is not UTF-8 becomes U+FFFD.
  JsonWriter& string(std::string_view text);
  /// The same in ASCII without DEL: safe for terminals and line-based readers.
  JsonWriter& ascii_string(std::string_view text);
  /// A whole number.
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  JsonWriter& number(Number value) {
    if constexpr (std::signed_integral<Number>) return signed_number(value);
    return unsigned_number(static_cast<std::uint64_t>(value));
  }
  /// `true` or `false`.
  JsonWriter& boolean(bool value) { return raw(value ? "true" : "false"); }
  /// In quotes, as base64 with padding (RFC 4648 4).
  JsonWriter& base64(std::string_view bytes);

 private:
  JsonWriter& signed_number(std::int64_t value);
  JsonWriter& unsigned_number(std::uint64_t value);

  void* out_;
  void (*append_)(void* out, std::string_view text);
};

/// `text` as a separate JSON string.
SIGNALING_API std::string json_string(std::string_view text);

}  // namespace signaling::text
