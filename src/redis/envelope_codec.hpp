#pragma once

#include <string>
#include <string_view>

#include "signaling/core/envelope.hpp"

namespace signaling::redis {

/// How envelopes travel between nodes: one behind the other in a string.
///
/// Format: a version byte, six bytes of enumerations, the epoch, then each text as its length (LEB128) and its bytes. A node of
/// another version, or a foreign hand, may have written anything, so reading checks everything.
void append_envelope(std::string& bytes, const Envelope& envelope);

/// Takes the first envelope off `bytes`; its views point into them. False: it cannot be read, nor what is behind it.
bool take_envelope(std::string_view& bytes, Envelope& envelope);

}  // namespace signaling::redis
