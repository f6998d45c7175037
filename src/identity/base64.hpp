#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace signaling::identity {

/// What the base64url text stands for (RFC 4648 5, without padding as RFC 7515 2 has it). Nothing, if there is a character
/// outside of the alphabet, a length that no bytes have, or bits set that no byte takes (RFC 4648 3.5): so no two texts
/// stand for the same bytes.
std::optional<std::string> from_base64url(std::string_view text);

/// RFC 4648 4, with padding.
std::string to_base64(std::span<const unsigned char> bytes);

}  // namespace signaling::identity
