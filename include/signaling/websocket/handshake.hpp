#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/websocket/deflate.hpp"

namespace signaling::websocket {

/// One field of an HTTP header. Names are compared without regard to case.
struct SIGNALING_API HeaderField {
  std::string_view name;   ///< as it was sent
  std::string_view value;  ///< without space around it
};

/// A parsed HTTP request, as far as the handshake looks at it. The views must outlive the call they are
/// passed to.
struct SIGNALING_API UpgradeRequest {
  std::string_view method;  ///< "GET", if it is right
  /// 10 times the major version plus the minor: 11 is HTTP/1.1.
  unsigned http_version = 11;
  /// All fields in the order of the wire, repeated ones included; those that the handshake does not know are
  /// ignored.
  std::span<const HeaderField> fields;
};

/// What a server is ready to do.
struct SIGNALING_API UpgradeOptions {
  /// Subprotocols spoken here. The first one that the client asks for and that is listed is chosen; if there
  /// is none, the connection has no subprotocol.
  std::span<const std::string> subprotocols;
  /// Absent (default): never compressed. Otherwise what the server asks for, see negotiate_deflate().
  std::optional<DeflateParameters> deflate;
  /// True: the client's key may be anything. To the server it means nothing, and clients exist that make it of
  /// fewer bytes than RFC 6455 4.1 wants.
  bool any_key = false;
  /// True: the first subprotocol that the client asks for is chosen, whatever it is, and `subprotocols` does not
  /// count. For servers whose language has no name of its own, as Engine.IO: browsers close a WebSocket whose
  /// subprotocols were all declined.
  bool any_subprotocol = false;
};

/// The request may become a WebSocket.
struct SIGNALING_API AcceptedUpgrade {
  /// `Sec-WebSocket-Accept`.
  std::string accept_key;
  /// Empty: none.
  std::string subprotocol;
  std::optional<DeflateParameters> deflate;  ///< what was agreed on; absent: nothing is compressed
  /// `Sec-WebSocket-Extensions`; empty: no such field.
  std::string extensions;
};

/// The request is answered with an error. All views are to static text, free of anything the client sent.
struct SIGNALING_API RefusedUpgrade {
  /// 400, 405 or 426.
  unsigned status = 400;
  std::string_view reason;  ///< for people
  /// What the answer must carry: `Allow`, or `Upgrade` and `Sec-WebSocket-Version`.
  std::span<const HeaderField> fields;
};

/// What became of an opening handshake.
using UpgradeResult = std::variant<AcceptedUpgrade, RefusedUpgrade>;

/// True if the request has an `Upgrade` field that names websocket: it wants to be checked by
/// check_upgrade().
SIGNALING_API bool wants_websocket(const UpgradeRequest& request) noexcept;

/// Server: checks the opening handshake (RFC 6455 4.2.1) and chooses subprotocol and extension (4.2.2).
///
/// | status | when |
/// |---|---|
/// | 405 | the method is not GET |
/// | 426 | `Upgrade` does not name websocket, or `Sec-WebSocket-Version` is not 13 |
/// | 400 | HTTP/1.0, `Host` missing or repeated, `Connection` without Upgrade |
/// | 400 | the key missing or repeated, or not 16 bytes in base64 without `any_key` |
/// | 400 | the version missing or repeated |
/// | 400 | a malformed list of subprotocols or extensions |
SIGNALING_API UpgradeResult check_upgrade(const UpgradeRequest& request, const UpgradeOptions& options = {});

/// Server: the 101 answer, whole, ready to be written. `extra` is added as it is.
SIGNALING_API std::string upgrade_response(const AcceptedUpgrade& accepted,
                                           std::span<const HeaderField> extra = {});

/// `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (RFC 6455 4.2.2).
SIGNALING_API std::string accept_key(std::string_view key);

/// What a client asks for. The key's 16 bytes must be random for each connection (RFC 6455 4.1).
struct SIGNALING_API ClientUpgrade {
  std::string host;                 ///< for the field `Host`: name, and port if it is not the usual
  std::string target = "/";         ///< path and query
  std::array<std::byte, 16> key{};  ///< random, for this connection alone
  /// In order of preference.
  std::vector<std::string> subprotocols;
  std::optional<DeflateParameters> deflate;  ///< what to offer; absent: nothing
};

/// Client: the opening request, whole, ready to be written. `extra` is added as it is.
SIGNALING_API std::string upgrade_request(const ClientUpgrade& upgrade,
                                          std::span<const HeaderField> extra = {});

/// Client: what the server agreed to.
struct SIGNALING_API ClientUpgradeResult {
  /// Empty: the connection is open. Otherwise why it is not, as static text.
  std::string_view error;
  std::string subprotocol;                   ///< what the server chose; empty: none
  std::optional<DeflateParameters> deflate;  ///< what was agreed on; absent: nothing is compressed
};

/// Client: checks the answer to `upgrade` (RFC 6455 4.1, last part).
SIGNALING_API ClientUpgradeResult check_upgrade_response(unsigned status, std::span<const HeaderField> fields,
                                                         const ClientUpgrade& upgrade);

}  // namespace signaling::websocket
