#pragma once

#include <string_view>

#include "signaling/core/message.hpp"
#include "signaling/text/json_scanner.hpp"

namespace signaling {

// Encoders write these into the messages of clients as they are: text that is not JSON would break a client's parser.

inline constexpr std::string_view metadata_is_not_json = "The metadata is not JSON.";

/// No metadata is empty.
inline bool is_metadata(std::string_view text) noexcept { return text.empty() || text::is_json(text); }

inline bool is_ice_servers(std::string_view text) noexcept {
  text::JsonValue value;
  return text::JsonScanner(text).read_text(value) && value.kind == text::JsonKind::array;
}

inline bool has_valid_payload(const Message& message) noexcept {
  return message.kind == MessageKind::binary || message.payload.empty() || text::is_json(message.payload);
}

}  // namespace signaling
