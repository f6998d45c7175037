#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/frame.hpp"
#include "signaling/text/export.hpp"

namespace signaling::socketio {

struct PacketValues;

/// An argument of an event or an acknowledgement: a JSON value as text, binary data, or JSON that contains binary data.
///
/// Text is used unmodified: it must be JSON, and otherwise the emit fails with `errc::bad_json`; use `quote` for
/// strings. Text from a client is valid and may be passed on, in whole or in parts, without a check.
/// Ownership: holds its text; copies share binary data. Threads: as a std::string.
class SIGNALING_API Argument {
 public:
  /// `null`.
  Argument() = default;
  /// JSON text.
  Argument(std::string json) : json_(std::move(json)) {}  // NOLINT(google-explicit-constructor)
  /// JSON text, copied.
  Argument(std::string_view json) : json_(json) {}  // NOLINT(google-explicit-constructor)
  /// JSON text, copied.
  Argument(const char* json) : json_(json) {}  // NOLINT(google-explicit-constructor)
  /// A number.
  template <std::integral Number>
  Argument(Number number) : json_(std::to_string(number)) {}  // NOLINT(google-explicit-constructor)
  /// `true` or `false`.
  Argument(bool value) : json_(value ? "true" : "false") {}  // NOLINT(google-explicit-constructor)
  /// Copies the bytes.
  static Argument binary(std::span<const std::byte> bytes);

  /// The JSON text; binary data appears as placeholders: `{"_placeholder":true,"num":0}`.
  const std::string& json() const noexcept { return json_; }
  /// True if it is binary data as a whole.
  bool is_binary() const noexcept { return attachments_ && bytes_ != nullptr; }
  /// The bytes of binary data; empty for everything else.
  std::string_view bytes() const noexcept { return is_binary() ? bytes_->text_view() : std::string_view(); }
  /// The value of a JSON string. Nothing: it is not a string, or contains an unpaired surrogate.
  std::optional<std::string> as_string() const;
  /// A member of a JSON object; `null` if there is none, or if this is not an object.
  Argument member(std::string_view name) const;

 private:
  friend class Arguments;
  friend class ArgumentList;
  using Attachments = std::shared_ptr<const std::vector<Frame>>;
  /// A value from a packet.
  Argument(std::string_view json, Attachments attachments);

  std::string json_ = "null";
  /// The attachments that the placeholders refer to. Null: none.
  Attachments attachments_;
  /// The attachment that this argument is.
  const Frame* bytes_ = nullptr;
  bool is_valid_ = false;
};

/// The arguments of one event. Reading a missing one gives `null`, as in JavaScript, because clients may omit
/// arguments.
class SIGNALING_API Arguments {
 public:
  Arguments() = default;
  /// The arguments in this order.
  Arguments(std::initializer_list<Argument> values) : values_(values) {}
  /// The arguments of a packet.
  Arguments(const PacketValues& values, std::span<const Frame> attachments);

  /// The number of arguments.
  std::size_t size() const noexcept { return values_.size(); }
  /// True if there are none.
  bool empty() const noexcept { return values_.empty(); }
  /// The argument at `index`; `null` if there is none.
  const Argument& operator[](std::size_t index) const noexcept;
  /// Appends one.
  void push_back(Argument value) { values_.push_back(std::move(value)); }
  /// The first, for loops.
  auto begin() const noexcept { return values_.begin(); }
  /// Behind the last.
  auto end() const noexcept { return values_.end(); }

 private:
  std::vector<Argument> values_;
};

/// `text` as a JSON string. Bytes that are not UTF-8 become U+FFFD.
SIGNALING_API std::string quote(std::string_view text);

}  // namespace signaling::socketio
