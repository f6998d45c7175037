#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/core/export.hpp"

namespace signaling::websocket {

/// What both ends agreed on for permessage-deflate (RFC 7692 7.1).
struct SIGNALING_API DeflateParameters {
  /// The server forgets its dictionary after every message. Cost without: some 260 KB per connection that has
  /// sent a compressed message.
  bool server_no_context_takeover = false;
  /// The client does. Cost without: some 40 KB per connection that has received a compressed message.
  bool client_no_context_takeover = false;
  /// Base-2 logarithm of the largest window, 9 to 15 for the sender that is this library, 8 to 15 for the
  /// other. A message of the other that goes back further is not refused, unless its dictionary is kept: then it may be.
  int server_max_window_bits = 15;
  int client_max_window_bits = 15;  ///< of the client's window, 9 to 15

  bool operator==(const DeflateParameters&) const = default;
};

/// The outcome of reading a `Sec-WebSocket-Extensions` field.
struct SIGNALING_API DeflateNegotiation {
  /// False: the field breaks the grammar (RFC 6455 9.1), or the answer is none that this end can accept; the
  /// handshake fails.
  bool ok = true;
  /// Absent: the connection is not compressed.
  std::optional<DeflateParameters> parameters;
  /// Server: the value of its own `Sec-WebSocket-Extensions` field, empty for none.
  std::string response;
};

/// Server: takes the first offer it can serve. `wanted` absent: takes none, and only checks the grammar.
/// Otherwise it says what the server asks for beyond the offer: the takeovers it will not have, and its
/// largest windows. An offer with an unknown, repeated or malformed parameter, or with a server window of 8
/// bits (zlib has none), is declined.
///
/// `offers`: all fields of that name, joined with commas.
SIGNALING_API DeflateNegotiation negotiate_deflate(std::string_view offers,
                                                   const std::optional<DeflateParameters>& wanted);

/// Client: the value of the field that offers `wanted`.
SIGNALING_API std::string deflate_offer(const DeflateParameters& wanted);

/// Client: reads the server's answer to `deflate_offer(*offered)`. `offered` absent: nothing was offered, and
/// any extension in the answer is an error.
SIGNALING_API DeflateNegotiation accept_deflate_response(std::string_view response,
                                                         const std::optional<DeflateParameters>& offered);

}  // namespace signaling::websocket
