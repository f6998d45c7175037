#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/text/export.hpp"
#include "signaling/websocket/deflate.hpp"

namespace signaling::websocket {

/// One field of an HTTP header. Names are compared without regard to case.
struct SIGNALING_API HeaderField {
  std::string_view name;   ///< as sent
  std::string_view value;  ///< without space around it
};

/// The parts of an HTTP request that the handshake needs. The views must be valid during the call.
struct SIGNALING_API UpgradeRequest {
  std::string_view method;  ///< "GET", if valid
  /// 10 times the major version plus the minor: 11 is HTTP/1.1.
  unsigned http_version = 11;
  /// All fields in wire order, including repeated ones; the handshake ignores those that it does not know.
  std::span<const HeaderField> fields;
};

/// The options of a server.
struct SIGNALING_API UpgradeOptions {
  /// The supported subprotocols. The server chooses the first one that the client offers and that is listed; if there
  /// is none, the connection has no subprotocol.
  std::span<const std::string> subprotocols;
  /// Absent (default): never compressed. Otherwise the server's requirements, see negotiate_deflate().
  std::optional<DeflateParameters> deflate;
  /// True: the client's key may be anything. The key has no meaning for the server, and some clients send fewer bytes
  /// than RFC 6455 4.1 requires.
  bool any_key = false;
  /// True: the server chooses the first subprotocol that the client offers, and ignores `subprotocols`. For protocols
  /// without a subprotocol name, such as Engine.IO: browsers close a WebSocket if the server declines all offered
  /// subprotocols.
  bool any_subprotocol = false;
};

/// The request is a valid WebSocket handshake.
struct SIGNALING_API AcceptedUpgrade {
  /// `Sec-WebSocket-Accept`.
  std::string accept_key;
  /// Empty: none.
  std::string subprotocol;
  std::optional<DeflateParameters> deflate;  ///< the negotiated parameters; absent: not compressed
  /// `Sec-WebSocket-Extensions`; empty: no such field.
  std::string extensions;
};

/// The request is answered with an error. All views are to static text, which contains nothing from the client.
struct SIGNALING_API RefusedUpgrade {
  /// 400, 405 or 426.
  unsigned status = 400;
  std::string_view reason;  ///< for people
  /// The required header fields of the answer: `Allow`, or `Upgrade` and `Sec-WebSocket-Version`.
  std::span<const HeaderField> fields;
};

/// The result of an opening handshake.
using UpgradeResult = std::variant<AcceptedUpgrade, RefusedUpgrade>;

/// True if the request has an `Upgrade` field that names websocket: check it with check_upgrade().
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

/// Server: the whole 101 answer, ready to be written. `extra` is added unmodified.
SIGNALING_API std::string upgrade_response(const AcceptedUpgrade& accepted,
                                           std::span<const HeaderField> extra = {});

/// `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` (RFC 6455 4.2.2).
SIGNALING_API std::string accept_key(std::string_view key);

/// The parameters of a client's request. The key's 16 bytes must be random for each connection (RFC 6455 4.1).
struct SIGNALING_API ClientUpgrade {
  std::string host;                 ///< for the field `Host`: name, and port unless it is the default
  std::string target = "/";         ///< path and query
  std::array<std::byte, 16> key{};  ///< random, for this connection only
  /// In order of preference.
  std::vector<std::string> subprotocols;
  std::optional<DeflateParameters> deflate;  ///< the parameters to offer; absent: none
};

/// Client: the whole opening request, ready to be written. `extra` is added unmodified.
SIGNALING_API std::string upgrade_request(const ClientUpgrade& upgrade,
                                          std::span<const HeaderField> extra = {});

/// Client: the result of the handshake.
struct SIGNALING_API ClientUpgradeResult {
  /// Empty: the connection is open. Otherwise why it is not, as static text.
  std::string_view error;
  std::string subprotocol;                   ///< the server's choice; empty: none
  std::optional<DeflateParameters> deflate;  ///< the negotiated parameters; absent: not compressed
};

/// Client: checks the answer to `upgrade` (RFC 6455 4.1, last part).
SIGNALING_API ClientUpgradeResult check_upgrade_response(unsigned status, std::span<const HeaderField> fields,
                                                         const ClientUpgrade& upgrade);

}  // namespace signaling::websocket
