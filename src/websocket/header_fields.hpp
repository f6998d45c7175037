#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "signaling/text/http_field.hpp"
#include "signaling/websocket/handshake.hpp"

namespace signaling::websocket {

/// Finds fields by name, without regard to case and with repetitions, as both ends of the handshake need it.
class HeaderFields {
 public:
  explicit HeaderFields(std::span<const HeaderField> fields) noexcept : fields_(fields) {}

  std::size_t count(std::string_view name) const noexcept {
    return static_cast<std::size_t>(
        std::count_if(fields_.begin(), fields_.end(),
                      [&](const HeaderField& field) { return text::equal_ignoring_case(field.name, name); }));
  }

  /// The value of the one field of that name; nothing if it is missing or repeated.
  std::optional<std::string_view> single(std::string_view name) const noexcept {
    std::optional<std::string_view> value;
    for (const HeaderField& field : fields_) {
      if (!text::equal_ignoring_case(field.name, name)) continue;
      if (value) return std::nullopt;
      value = text::trim(field.value);
    }
    return value;
  }

  /// All values of that name as one list (RFC 9110 5.3).
  std::string joined(std::string_view name) const {
    std::string list;
    for (const HeaderField& field : fields_) {
      if (!text::equal_ignoring_case(field.name, name)) continue;
      if (!list.empty()) list += ", ";
      list += field.value;
    }
    return list;
  }

  /// True if an element of the list in those fields is `token`, in any case.
  bool lists(std::string_view name, std::string_view token) const noexcept {
    return std::any_of(fields_.begin(), fields_.end(), [&](const HeaderField& field) {
      return text::equal_ignoring_case(field.name, name) &&
             !text::visit_list(field.value, [&](std::string_view element) {
               return !text::equal_ignoring_case(element, token);
             });
    });
  }

 private:
  std::span<const HeaderField> fields_;
};

inline void append_field(std::string& message, std::string_view name, std::string_view value) {
  message.append(name).append(": ").append(value).append("\r\n");
}

inline void append_fields(std::string& message, std::span<const HeaderField> fields) {
  for (const HeaderField& field : fields) append_field(message, field.name, field.value);
}

}  // namespace signaling::websocket
