// Path 6/8: event -> packet of Socket.IO, encoded once, shared by all receivers. Next: core/frame.cpp
#include "socketio/vocabularies/vocabulary_encoder.hpp"

#include <span>
#include <utility>
#include <variant>

#include "signaling/socketio/packet.hpp"
#include "signaling/socketio/vocabularies.hpp"

namespace signaling::socketio {
namespace {

// More than the fixed text of any event takes.
constexpr std::size_t overhead = 192;

std::string header_of_events(std::string_view nsp, std::size_t attachments = 0) {
  const PacketHeader header{PacketType::event, nsp, {}, attachments};
  return std::string(encode_packet(header).text_view());
}

}  // namespace

VocabularyEncoder::VocabularyEncoder(std::string_view nsp)
    : nsp_(nsp), event_header_(header_of_events(nsp)) {}

void VocabularyEncoder::encode(const Event& event, Frames& frames) const {
  if (const auto* message = std::get_if<event::Message>(&event)) return write_message(*message, frames);
  if (const auto* joined = std::get_if<event::PeerJoined>(&event)) return write_peer_joined(*joined, frames);
  if (const auto* left = std::get_if<event::PeerLeft>(&event)) return write_peer_left(*left, frames);
  if (const auto* updated = std::get_if<event::PeerUpdated>(&event))
    return write_peer_updated(*updated, frames);
  if (const auto* joined = std::get_if<event::Joined>(&event)) return write_joined(*joined, frames);
  if (const auto* error = std::get_if<event::Error>(&event)) return encode_error(*error, frames);
  if (const auto* left = std::get_if<event::Left>(&event)) return encode_left(*left, frames);
  if (const auto* welcome = std::get_if<event::Welcome>(&event)) {
    frames.push_back(encode_connect(nsp_, welcome->peer));
  }
}

// Every command of a vocabulary has a tag. An error without one refuses the client, or comes when it is in: the transport
// knows which, and drops the other packet.
void VocabularyEncoder::encode_error(const event::Error& error, Frames& frames) const {
  if (error.request == unasked_request) return;
  if (error.request.empty()) write_refusal(error, frames);
  write_failure(error, frames);
}

// No vocabulary has a word for it: there is an event only when the host has something to say.
void VocabularyEncoder::encode_left(const event::Left& left, Frames& frames) const {
  if (!left.message.empty()) write_failure({errc::kicked, left.message, {}}, frames);
}

void VocabularyEncoder::write_refusal(const event::Error& error, Frames& frames) const {
  frames.push_back(encode_connect_error(nsp_, error.message.empty() ? describe(error.code) : error.message));
}

void VocabularyEncoder::write_failure(const event::Error& error, Frames& frames) const {
  const std::string_view message = error.message.empty() ? describe(error.code) : error.message;
  EventWriter event(event_header_, "error", overhead + message.size());
  event.out().raw(R"({"code":)").string(to_string(error.code));
  event.out().raw(R"(,"message":)").string(message).raw("}");
  frames.push_back(event.finish());
}

std::string VocabularyEncoder::event_header(std::size_t attachments) const {
  return attachments == 0 ? event_header_ : header_of_events(nsp_, attachments);
}

void VocabularyEncoder::write_content(std::string_view name, const Content& content, Frames& frames) const {
  frames.push_back(write_event(event_header(content.attachments.size()), name, content.json));
  append_attachments(content, frames);
}

std::string pack_content(const Content& content) {
  if (content.attachments.empty()) return std::string(content.json);
  return pack(BinaryEvent{content.json, content.attachments});
}

// No JSON begins as a packed event does.
Content unpack_content(std::string_view original) {
  BinaryEvent packed;
  if (!unpack(original, packed)) return {original, {}};
  return {packed.event, std::move(packed.attachments)};
}

void append_attachments(const Content& content, Frames& frames) {
  for (const std::string_view bytes : content.attachments) {
    frames.push_back(Frame::binary(std::as_bytes(std::span(bytes))));
  }
}

EventWriter::EventWriter(std::string_view header, std::string_view name, std::size_t expected_size)
    : out_(expected_size) {
  out_.raw(header).raw("[").string(name).raw(",");
}

Frame EventWriter::finish() {
  out_.raw("]");
  return out_.finish();
}

Frame write_event(std::string_view header, std::string_view name, std::string_view argument) {
  EventWriter event(header, name, overhead + argument.size());
  event.out().raw(argument.empty() ? std::string_view("null") : argument);
  return event.finish();
}

text::JsonWriter& write_payload(text::JsonWriter& out, const Message& message) {
  if (message.kind == MessageKind::binary) return out.base64(message.payload);
  return out.raw(message.payload.empty() ? std::string_view("null") : message.payload);
}

std::size_t expected_size(const event::Message& sent) noexcept {
  const std::size_t payload = sent.message.payload.size();
  return overhead + sent.from.size() + sent.message.to.size() + sent.message.original.size() +
         (sent.message.kind == MessageKind::text ? payload : payload / 3 * 4 + 4);
}

}  // namespace signaling::socketio
