// Path 6/8: event -> packet of Socket.IO, encoded once, shared by all receivers. Next: core/frame.cpp
#include <string>

#include "signaling/core/json_frame.hpp"
#include "signaling/socketio/packet.hpp"

namespace signaling::socketio {
namespace {

// Room for the header and the punctuation of nearly all packets.
constexpr std::size_t packet_overhead = 64;

char type_digit(const PacketHeader& header) noexcept {
  PacketType type = header.type;
  if (header.attachments != 0 && type == PacketType::event) type = PacketType::binary_event;
  if (header.attachments != 0 && type == PacketType::ack) type = PacketType::binary_ack;
  return static_cast<char>('0' + static_cast<int>(type));
}

// Mostly short enough to need no memory of its own.
std::string header_text(const PacketHeader& header) {
  std::string text{'4', type_digit(header)};
  if (text[1] == '5' || text[1] == '6') text += std::to_string(header.attachments) + '-';
  if (header.nsp != main_namespace) {
    text += header.nsp;
    text += ',';
  }
  if (header.id) text += std::to_string(*header.id);
  return text;
}

PacketHeader with_type(PacketType type, PacketHeader header) {
  header.type = type;
  return header;
}

}  // namespace

void append_header(FrameBuilder& out, const PacketHeader& header) { out.append(header_text(header)); }

Frame encode_packet(const PacketHeader& header, std::string_view payload) {
  FrameBuilder out(packet_overhead + payload.size());
  append_header(out, header);
  return out.append(payload).finish(MessageKind::text);
}

Frame encode_connect(std::string_view nsp, std::string_view sid, std::string_view pid) {
  JsonFrame out(packet_overhead + sid.size() + pid.size());
  out.raw(header_text({PacketType::connect, nsp, {}, 0})).raw(R"({"sid":)").string(sid);
  if (!pid.empty()) out.raw(R"(,"pid":)").string(pid);
  out.raw("}");
  return out.finish();
}

Frame encode_connect_error(std::string_view nsp, std::string_view message, std::string_view data) {
  JsonFrame out(packet_overhead + message.size() + data.size());
  out.raw(header_text({PacketType::connect_error, nsp, {}, 0})).raw(R"({"message":)").string(message);
  if (!data.empty()) out.raw(R"(,"data":)").raw(data);
  out.raw("}");
  return out.finish();
}

Frame encode_disconnect(std::string_view nsp) { return encode_packet({PacketType::disconnect, nsp, {}, 0}); }

Frame encode_event(const PacketHeader& header, std::string_view name, std::string_view arguments) {
  JsonFrame out(packet_overhead + name.size() + arguments.size());
  out.raw(header_text(with_type(PacketType::event, header))).raw("[").string(name);
  if (!arguments.empty()) out.raw(",").raw(arguments);
  out.raw("]");
  return out.finish();
}

Frame encode_ack(const PacketHeader& header, std::string_view arguments) {
  FrameBuilder out(packet_overhead + arguments.size());
  append_header(out, with_type(PacketType::ack, header));
  return out.append("[").append(arguments).append("]").finish(MessageKind::text);
}

}  // namespace signaling::socketio
