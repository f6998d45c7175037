// Path 3/8: message -> packet of Socket.IO. Next: socketio/connection.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"

namespace signaling::protocols {
class JsonScanner;
}

namespace signaling::socketio {

/// What a Socket.IO packet is for; the values are the digits on the wire.
enum class PacketType : std::uint8_t {
  connect = 0,
  disconnect = 1,
  event = 2,
  ack = 3,
  connect_error = 4,
  binary_event = 5,
  binary_ack = 6,
};

/// The namespace that packets without one belong to.
inline constexpr std::string_view main_namespace = "/";

/// What stands before the payload of a packet.
struct SIGNALING_API PacketHeader {
  /// When sending, `event` and `ack` become their binary forms if there are attachments.
  PacketType type = PacketType::event;
  std::string_view nsp = main_namespace;  ///< the namespace it belongs to
  /// Event: the acknowledgement that is asked for. Acknowledgement: of which event. At most 2^53 - 1, as all receivers
  /// can count that far.
  std::optional<std::uint64_t> id;
  /// How many binary messages follow.
  std::size_t attachments = 0;
};

/// The name of an event, and what else the array of an event or an acknowledgement holds.
struct SIGNALING_API PacketValues {
  /// The first element of an event as it stands in the packet: a string or a number.
  std::string_view name_json;
  /// The name itself: without quotes and escapes.
  std::string_view name;
  /// The arguments, raw JSON each.
  std::span<const std::string_view> arguments;
  /// The same in one piece, from the first to the last: with `[` and `]` around it an array again.
  std::string_view arguments_text;
  /// The whole array, with the name of an event in front.
  std::string_view array;
};

/// One packet. Lifetime: views point into what was decoded, or into the decoder, and live until its next call.
struct SIGNALING_API Packet {
  PacketHeader header;  ///< what stands before the payload
  /// Raw JSON, valid; empty: none. Placeholders of attachments stay as they are.
  std::string_view payload;
  /// Of events and acknowledgements.
  PacketValues values;
};

/// The bounds of a packet. 0 switches the first three off.
struct SIGNALING_API PacketLimits {
  /// Binary messages that belong to one packet. Default 10, as in the reference implementation.
  std::size_t max_attachments = 10;
  /// Bytes of a namespace, and of an event's name as it is written. Default 128.
  std::size_t max_name_bytes = 128;
  /// Values that follow the name of an event. Default 100. Cost: 16 bytes each, while a packet is handled.
  std::size_t max_arguments = 100;
  /// Levels of JSON nesting, the array of an event being the first. Default 32, at most 1024, which is also what 0
  /// stands for.
  std::size_t max_json_depth = 32;
};

/// What is wrong with a packet.
enum class PacketError : std::uint8_t {
  none,
  unknown_type,
  bad_attachments,  ///< no count where there must be one
  too_many_attachments,
  bad_namespace,   ///< too long, or with control characters
  bad_id,          ///< over 2^53 - 1, missing in an acknowledgement, or on a packet that has none
  bad_payload,     ///< no JSON, missing, or not what such a packet carries
  bad_event_name,  ///< reserved, too long, or with half a surrogate pair
  too_many_arguments,
  bad_placeholder,  ///< stands for an attachment that there is not
};

/// A word for logs and tests.
SIGNALING_API std::string_view to_string(PacketError error) noexcept;

/// Names that clients and servers use for events of their own: a packet with one of them is refused by either side.
SIGNALING_API bool is_reserved_event(std::string_view name) noexcept;

/// Reads packets: strictly, and without building a tree of their JSON.
///
/// Ownership: keeps buffers between packets, small ones. Threads: one at a time.
/// Errors: nothing a client sends throws. After an error the packet holds nothing of use.
/// Complexity: linear; one pass over the payload, two if there are attachments.
/// Source: Socket.IO protocol, 5th revision.
class SIGNALING_API PacketDecoder {
 public:
  /// Copies the limits.
  explicit PacketDecoder(const PacketLimits& limits = {}) : limits_(limits) {}

  /// `text`: a packet without the `4` of Engine.IO, UTF-8.
  [[nodiscard]] PacketError decode(std::string_view text, Packet& packet);

 private:
  PacketError decode_payload(Packet& packet);
  PacketError decode_values(Packet& packet);
  PacketError decode_name(protocols::JsonScanner& scanner, PacketValues& values);
  PacketError decode_arguments(protocols::JsonScanner& scanner, PacketValues& values);

  PacketLimits limits_;
  std::vector<std::string_view> arguments_;
  std::string name_;
};

/// Writes the `4` of Engine.IO and the header; the payload is to follow.
SIGNALING_API void append_header(FrameBuilder& out, const PacketHeader& header);

/// A whole packet with a payload of raw JSON.
SIGNALING_API Frame encode_packet(const PacketHeader& header, std::string_view payload = {});

/// The server's answer to a CONNECT: connected, as `sid`.
SIGNALING_API Frame encode_connect(std::string_view nsp, std::string_view sid);
/// The server's answer to a CONNECT: refused. `data`: raw JSON, or empty.
SIGNALING_API Frame encode_connect_error(std::string_view nsp, std::string_view message,
                                         std::string_view data = {});
/// The server's word that the client is out of the namespace.
SIGNALING_API Frame encode_disconnect(std::string_view nsp);
/// `header.type` is ignored. `arguments`: raw JSON values with commas between them, or empty.
SIGNALING_API Frame encode_event(const PacketHeader& header, std::string_view name,
                                 std::string_view arguments);
/// The same, for an acknowledgement; `header.id` says of which event.
SIGNALING_API Frame encode_ack(const PacketHeader& header, std::string_view arguments);

}  // namespace signaling::socketio
