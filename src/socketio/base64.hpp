#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace signaling::socketio {

/// RFC 4648 4, with padding.
void append_base64(std::string& out, std::string_view bytes);

/// Decodes in place and returns the bytes, or nothing if it is not base64 as `append_base64` writes it.
std::optional<std::string_view> decode_base64(std::span<char> text) noexcept;

}  // namespace signaling::socketio
