// Path 3/8: message -> packet of Socket.IO. Next: socketio/connection.cpp
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/frame.hpp"
#include "signaling/text/export.hpp"

namespace signaling::text {
class JsonScanner;
}

namespace signaling::socketio {

/// The type of a Socket.IO packet; the values are the digits on the wire.
enum class PacketType : std::uint8_t {
  connect = 0,
  disconnect = 1,
  event = 2,
  ack = 3,
  connect_error = 4,
  binary_event = 5,
  binary_ack = 6,
};

/// The namespace of packets that name none.
inline constexpr std::string_view main_namespace = "/";

/// The part of a packet before its payload.
struct SIGNALING_API PacketHeader {
  /// When sending, `event` and `ack` become their binary forms if there are attachments.
  PacketType type = PacketType::event;
  std::string_view nsp = main_namespace;  ///< the namespace of the packet
  /// Event: the id of the requested acknowledgement. Acknowledgement: the id of its event. At most 2^53 - 1, which all
  /// receivers can represent.
  std::optional<std::uint64_t> id;
  /// The number of binary messages that follow.
  std::size_t attachments = 0;
};

/// The contents of the array of an event or an acknowledgement.
struct SIGNALING_API PacketValues {
  /// The first element of an event as written in the packet: a string or a number.
  std::string_view name_json;
  /// The event name: without quotes and escapes.
  std::string_view name;
  /// The arguments, raw JSON each.
  std::span<const std::string_view> arguments;
  /// The same as one view, from the first to the last; with `[` and `]` around it, it is an array again.
  std::string_view arguments_text;
  /// The whole array, which begins with the event name.
  std::string_view array;
};

/// One packet. Lifetime: views point into the decoded text, or into the decoder, and are valid until its next call.
struct SIGNALING_API Packet {
  PacketHeader header;  ///< the part before the payload
  /// Raw JSON, valid; empty: none. Placeholders of attachments stay as they are.
  std::string_view payload;
  /// Of events and acknowledgements.
  PacketValues values;
};

/// The limits of a packet. 0 disables the first three.
struct SIGNALING_API PacketLimits {
  /// Binary messages of one packet. Default 10, as in the reference implementation.
  std::size_t max_attachments = 10;
  /// Bytes of a namespace, and of an event name as written. Default 128.
  std::size_t max_name_bytes = 128;
  /// Values after the event name. Default 100. Cost: 16 bytes each, while a packet is handled.
  std::size_t max_arguments = 100;
  /// JSON nesting depth; the array of an event is the first level. Default 32, at most 1024; 0 also means 1024.
  std::size_t max_json_depth = 32;
};

/// The error in a packet.
enum class PacketError : std::uint8_t {
  none,
  unknown_type,
  bad_attachments,  ///< the required count is missing
  too_many_attachments,
  bad_namespace,   ///< too long, or with control characters
  bad_id,          ///< over 2^53 - 1, missing in an acknowledgement, or on a packet that has none
  bad_payload,     ///< not JSON, missing, or not valid for this packet type
  bad_event_name,  ///< reserved, too long, or with an unpaired surrogate
  too_many_arguments,
  bad_placeholder,  ///< refers to a missing attachment
};

/// A name for logs and tests.
SIGNALING_API std::string_view to_string(PacketError error) noexcept;

/// Names that clients and servers use for events of their own: both sides refuse a packet with one of them.
SIGNALING_API bool is_reserved_event(std::string_view name) noexcept;

/// Decodes packets: strictly, and without building a tree of their JSON.
///
/// Ownership: keeps small buffers between packets. Threads: one at a time.
/// Errors: nothing a client sends throws. After an error the contents of the packet are unspecified.
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
  PacketError decode_name(text::JsonScanner& scanner, PacketValues& values);
  PacketError decode_arguments(text::JsonScanner& scanner, PacketValues& values);

  PacketLimits limits_;
  std::vector<std::string_view> arguments_;
  std::string name_;
};

/// Writes the `4` of Engine.IO and the header, which the payload must follow.
SIGNALING_API void append_header(FrameBuilder& out, const PacketHeader& header);

/// A whole packet with a payload of raw JSON.
SIGNALING_API Frame encode_packet(const PacketHeader& header, std::string_view payload = {});

/// The server's answer to a CONNECT: connected, as `sid`. `pid`: the secret for connection state recovery, or empty.
SIGNALING_API Frame encode_connect(std::string_view nsp, std::string_view sid, std::string_view pid = {});
/// The server's answer to a CONNECT: refused. `data`: raw JSON, or empty.
SIGNALING_API Frame encode_connect_error(std::string_view nsp, std::string_view message,
                                         std::string_view data = {});
/// The server's notice that the client is removed from the namespace.
SIGNALING_API Frame encode_disconnect(std::string_view nsp);
/// `header.type` is ignored. `arguments`: raw JSON values with commas between them, or empty.
SIGNALING_API Frame encode_event(const PacketHeader& header, std::string_view name,
                                 std::string_view arguments);
/// The same for an acknowledgement; `header.id` is the id of its event.
SIGNALING_API Frame encode_ack(const PacketHeader& header, std::string_view arguments);

}  // namespace signaling::socketio
