#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling::websocket {

/// The negotiated parameters of permessage-deflate (RFC 7692 7.1).
struct SIGNALING_API DeflateParameters {
  /// The server discards its dictionary after every message. Cost otherwise: some 260 KB per connection that has sent a
  /// compressed message.
  bool server_no_context_takeover = false;
  /// The same for the client. Cost otherwise: some 40 KB per connection that has received a compressed message.
  bool client_no_context_takeover = false;
  /// Base-2 logarithm of the largest window: 9 to 15 if this library is the sender, 8 to 15 for the other end. A
  /// message of the other end that refers further back is not refused, unless its dictionary is kept: then it may be.
  int server_max_window_bits = 15;
  int client_max_window_bits = 15;  ///< of the client's window, 9 to 15

  bool operator==(const DeflateParameters&) const = default;
};

/// The outcome of reading a `Sec-WebSocket-Extensions` field.
struct SIGNALING_API DeflateNegotiation {
  /// False: the field violates the grammar (RFC 6455 9.1), or this end cannot accept the answer; the handshake fails.
  bool ok = true;
  /// Absent: the connection is not compressed.
  std::optional<DeflateParameters> parameters;
  /// Server: the value of its own `Sec-WebSocket-Extensions` field, empty for none.
  std::string response;
};

/// Server: accepts the first offer that it supports. `wanted` absent: accepts none, and only checks the grammar.
/// Otherwise it holds the server's requirements beyond the offer: which context takeovers it refuses, and its largest
/// windows. An offer with an unknown, repeated or malformed parameter, or with a server window of 8 bits (which zlib
/// does not support), is declined.
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
