// Path 6/8: message -> text. Next: core/frame.cpp
#include "protocols/peerjs_encoder.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "signaling/core/json_frame.hpp"
#include "signaling/protocols/peer_name.hpp"
#include "signaling/text/json_members.hpp"

namespace signaling::protocols {
namespace {

using text::JsonKind;
using text::JsonValue;

// A close code of the native protocol.
constexpr std::uint16_t kicked_code_of_native = 4403;

constexpr std::size_t message_overhead = 128;
constexpr std::size_t wrapping_overhead = 256;

// Tags of joins, which are followed by the number.
constexpr char join_mark = 'j';
constexpr char last_join_mark = 'l';
constexpr std::string_view message_mark = "\"src\":";

bool is_join_tag(std::string_view tag) noexcept {
  return tag.starts_with(join_mark) || tag.starts_with(last_join_mark);
}

std::uint64_t number_of(std::string_view join_tag) noexcept {
  std::uint64_t number = 0;
  std::from_chars(join_tag.data() + 1, join_tag.data() + join_tag.size(), number);
  return number;
}

// The only errors without a tag after which the connection stays.
bool is_about_message(errc code) noexcept {
  return code == errc::peer_not_found || code == errc::slow_consumer || code == errc::messages_lost ||
         code == errc::not_joined || code == errc::unknown_type;
}

bool is_negotiation(MessageType type) noexcept {
  return type == MessageType::offer || type == MessageType::answer || type == MessageType::candidate;
}

std::string unquote(std::string_view json) {
  JsonValue value;
  if (!text::JsonScanner(json).read_text(value)) return {};
  return value.as_string().value_or("");
}

bool has_media(std::string_view sdp) noexcept {
  return sdp.find("\nm=audio") != std::string_view::npos || sdp.find("\nm=video") != std::string_view::npos;
}

// A session description or candidate of another language, as clients of this one expect it.
std::string wrap(const Message& message, const PeerjsConnection& connection, std::string_view label) {
  std::string payload;
  payload.reserve(wrapping_overhead + message.payload.size());
  text::JsonWriter out(payload);
  out.raw(message.type == MessageType::candidate ? "{\"candidate\":" : "{\"sdp\":").raw(message.payload);
  out.raw(",\"type\":").raw(connection.type).raw(",\"connectionId\":").raw(connection.id);
  if (message.type == MessageType::offer) {
    out.raw(",\"metadata\":null,\"label\":").raw(label).raw(R"(,"reliable":true,"serialization":"raw")");
  }
  out.raw("}");
  return payload;
}

}  // namespace

std::string_view to_peerjs(MessageType type) noexcept {
  switch (type) {
    case MessageType::offer: return "OFFER";
    case MessageType::answer: return "ANSWER";
    case MessageType::candidate: return "CANDIDATE";
    default: return "LEAVE";
  }
}

Frame peerjs_id_taken() { return Frame::text(R"({"type":"ID-TAKEN","payload":{"msg":"ID is taken"}})"); }

Frame peerjs_error(std::string_view message) {
  JsonFrame out(message_overhead);
  out.raw(R"({"type":"ERROR","payload":{"msg":)").string(message).raw("}}");
  return out.finish();
}

std::string peerjs_ends(std::string_view source, std::string_view destination) {
  return std::string(message_mark).append(source).append(",\"dst\":").append(destination);
}

std::string peerjs_join_tag(std::uint64_t number, bool is_last) {
  return (is_last ? last_join_mark : join_mark) + std::to_string(number);
}

std::string peerjs_message_tag(std::string_view source, std::string_view destination, std::size_t max_bytes) {
  std::string tag = peerjs_ends(source, destination);
  return max_bytes == 0 || tag.size() <= max_bytes ? tag : std::string(peerjs_silent);
}

void PeerjsEncoder::encode(const Event& event, std::vector<Frame>& frames) const {
  if (const auto* message = std::get_if<event::Message>(&event)) {
    message->message.language == peerjs_language ? encode_message(*message, frames)
                                                 : encode_other(*message, frames);
  } else if (const auto* joined = std::get_if<event::Joined>(&event)) {
    encode_joined(*joined, frames);
  } else if (const auto* error = std::get_if<event::Error>(&event)) {
    encode_error(*error, frames);
  } else if (const auto* left = std::get_if<event::Left>(&event)) {
    if (left->room == shared_.room) frames.push_back(Frame::close(kicked_code_of_native, left->message));
  }
}

void PeerjsEncoder::encode_joined(const event::Joined& joined, std::vector<Frame>& frames) const {
  if (!is_join_tag(joined.request)) return;
  shared_.openings.set(number_of(joined.request), PeerjsOpenings::Outcome::joined);
  frames.push_back(Frame::text(R"({"type":"OPEN"})"));
}

void PeerjsEncoder::encode_error(const event::Error& error, std::vector<Frame>& frames) const {
  if (error.request.starts_with(message_mark)) {
    if (error.code != errc::slow_consumer) return;
    return frames.push_back(Frame::text(std::string(R"({"type":"LEAVE",)").append(error.request) + "}"));
  }
  if (is_join_tag(error.request)) {
    if (error.code == errc::id_in_use && error.request.starts_with(join_mark)) {
      return shared_.openings.set(number_of(error.request), PeerjsOpenings::Outcome::id_in_use);
    }
    frames.push_back(error.code == errc::id_in_use ? peerjs_id_taken() : peerjs_error(error.message));
    return frames.push_back(Frame::close(peerjs_refusal_code));
  }
  if (!error.request.empty() || is_about_message(error.code)) return;
  frames.push_back(peerjs_error(
      error.code == errc::too_many_peers ? "Server has reached its concurrent user limit" : error.message));
}

// The sender's protocol has written all of what clients get.
void PeerjsEncoder::encode_message(const event::Message& sent, std::vector<Frame>& frames) const {
  const Message& message = sent.message;
  if (message.type != MessageType::event || message.event == peerjs_leave)
    return frames.push_back(Frame::text(message.original));
  if (message.event == peerjs_taken_event) {
    frames.push_back(peerjs_id_taken());
    return frames.push_back(Frame::close(peerjs_refusal_code));
  }
  if (message.event != peerjs_probe) return;
  shared_.contenders.add(message.to.substr(shared_.alias_prefix.size()), sent.from);
  frames.push_back(Frame::probe(shared_.options.probe_timeout));
}

void PeerjsEncoder::encode_other(const event::Message& sent, std::vector<Frame>& frames) const {
  const Message& message = sent.message;
  if (message.kind == MessageKind::binary || !is_negotiation(message.type)) return;
  const auto [connection_id, type, sdp] = text::members_of(message.payload, {"connectionId", "type", "sdp"});
  const std::string source = peer_name(claimed_name(sent.from_metadata, "peerId"), sent.from);
  const bool is_wrapped = connection_id.kind == JsonKind::string;
  PeerId receiver(message.to);
  if (message.to.starts_with(shared_.alias_prefix)) {
    receiver = shared_.index.find(message.to.substr(shared_.alias_prefix.size())).value_or("");
  }
  PeerjsConnection connection{text::json_string("dc_" + unquote(source)), "\"data\""};
  if (is_wrapped) {
    connection = {std::string(connection_id.text),
                  std::string(type.equals("media") ? "\"media\"" : "\"data\"")};
  } else if (message.type == MessageType::offer) {
    if (has_media(sdp.as_string().value_or("")))
      connection = {text::json_string("mc_" + unquote(source)), "\"media\""};
  } else if (auto known = shared_.connections.find(receiver, sent.from)) {
    connection = *std::move(known);
  }
  const bool is_object = message.payload.starts_with('{');
  const bool is_description = message.type != MessageType::candidate;
  if (!is_wrapped && !(is_description ? sdp.kind == JsonKind::string : is_object)) return;
  if (message.type == MessageType::offer && !receiver.empty())
    shared_.connections.set(receiver, sent.from, connection);
  JsonFrame out(message_overhead + wrapping_overhead + message.payload.size());
  out.raw(R"({"type":")").raw(to_peerjs(message.type)).raw(R"(","src":)").raw(source);
  if (const std::string name = shared_.index.name_of(receiver); !name.empty()) out.raw(",\"dst\":").raw(name);
  out.raw(",\"payload\":");
  is_wrapped ? out.raw(message.payload) : out.raw(wrap(message, connection, source));
  out.raw("}");
  frames.push_back(out.finish());
}

}  // namespace signaling::protocols
