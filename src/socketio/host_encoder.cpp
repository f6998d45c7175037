// Path 6/8: event -> packet of Socket.IO, encoded once, shared by all receivers. Next: core/frame.cpp
#include "socketio/host_encoder.hpp"

#include <charconv>
#include <span>
#include <variant>

#include "signaling/socketio/packet.hpp"
#include "signaling/text/json_writer.hpp"
#include "socketio/emission.hpp"

namespace signaling::socketio {
namespace {

std::uint64_t tag_of(std::string_view request) noexcept {
  std::uint64_t tag = 0;
  std::from_chars(request.data(), request.data() + request.size(), tag);
  return tag;
}

}  // namespace

void HostEncoder::encode(const Event& event, std::vector<Frame>& frames) const {
  if (const auto* message = std::get_if<event::Message>(&event)) {
    encode_message(*message, frames);
  } else if (const auto* welcome = std::get_if<event::Welcome>(&event)) {
    frames.push_back(encode_connect(nsp_, welcome->peer));
  } else if (const auto* error = std::get_if<event::Error>(&event)) {
    encode_error(*error, frames);
  } else if (const auto* joined = std::get_if<event::Joined>(&event)) {
    frames.push_back(encode_note({Note::Kind::joined, tag_of(joined->request), 0, {}, {}}));
  } else if (const auto* left = std::get_if<event::Left>(&event)) {
    if (left->reason == LeaveReason::kicked)
      frames.push_back(encode_note({Note::Kind::put_out, 0, 0, {left->room}, {}}));
  }
}

// One without a tag refuses the CONNECT, or else comes when there is nothing to refuse any more, and the
// transport drops it.
void HostEncoder::encode_error(const event::Error& error, std::vector<Frame>& frames) const {
  if (!error.request.empty()) {
    const auto code = static_cast<std::uint64_t>(error.code);
    frames.push_back(encode_note({Note::Kind::refused, tag_of(error.request), code, {}, {}}));
    return;
  }
  const std::string_view message = error.message.empty() ? describe(error.code) : error.message;
  const std::string data = R"({"code":")" + std::string(to_string(error.code)) + R"("})";
  frames.push_back(encode_connect_error(nsp_, message, data));
}

// Nobody but this side's own code says what `original` is, but another node may be of another version.
void HostEncoder::encode_message(const event::Message& sent, std::vector<Frame>& frames) const {
  const Message& message = sent.message;
  if (message.language == plain_language) {
    frames.push_back(encode_event({PacketType::event, nsp_, {}, 0}, message.event, message.original));
  } else if (message.language == packed_language) {
    Emission emission;
    if (unpack(message.original, emission)) encode_emission(message.event, emission, frames);
  } else {
    encode_foreign(sent, frames);
  }
}

void HostEncoder::encode_emission(std::string_view name, const Emission& emission,
                                  std::vector<Frame>& frames) const {
  using Kind = Emission::Kind;
  const bool ends = emission.kind == Kind::leave || emission.kind == Kind::hang_up;
  const std::size_t attachments = emission.attachments.size();
  if (!emission.except_rooms.empty() || !emission.except_ids.empty()) {
    frames.push_back(
        encode_note({Note::Kind::except, attachments + 1, 0, emission.except_rooms, emission.except_ids}));
  }
  if (ends) {
    const std::uint64_t whole = emission.kind == Kind::hang_up ? 1 : 0;
    return frames.push_back(encode_note({Note::Kind::disconnect, whole, 0, {}, {}}));
  }
  const PacketHeader header{PacketType::event, nsp_, emission.id, attachments};
  frames.push_back(emission.kind == Kind::ack ? encode_ack(header, emission.arguments)
                                              : encode_event(header, name, emission.arguments));
  for (const std::string_view bytes : emission.attachments) {
    frames.push_back(Frame::binary(std::as_bytes(std::span(bytes))));
  }
}

// What a peer of another language sent: its data, and who it was.
void HostEncoder::encode_foreign(const event::Message& sent, std::vector<Frame>& frames) const {
  const Message& message = sent.message;
  const std::string_view name = message.type == MessageType::event ? message.event : to_string(message.type);
  if (name.empty() || is_reserved_event(name)) return;
  const bool is_binary = message.kind == MessageKind::binary;
  std::string arguments;
  arguments.reserve(message.payload.size() + sent.from.size() + message.room.size() + 64);
  text::JsonWriter out(arguments);
  if (is_binary) {
    out.raw(R"({"_placeholder":true,"num":0})");
  } else {
    out.raw(message.payload.empty() ? std::string_view("null") : message.payload);
  }
  if (!sent.from.empty()) {
    out.raw(R"(,{"from":)").string(sent.from);
    if (!message.room.empty()) out.raw(R"(,"room":)").string(message.room);
    out.raw("}");
  }
  const PacketHeader header{PacketType::event, nsp_, {}, is_binary ? 1U : 0U};
  frames.push_back(encode_event(header, name, arguments));
  if (is_binary) frames.push_back(Frame::binary(std::as_bytes(std::span(message.payload))));
}

}  // namespace signaling::socketio
