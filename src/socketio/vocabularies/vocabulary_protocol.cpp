// Path 3/8: message -> command. Next: core/peer_session.cpp
#include "socketio/vocabularies/vocabulary_protocol.hpp"

#include <utility>

#include "signaling/socketio/vocabularies.hpp"
#include "socketio/placeholders.hpp"
#include "socketio/vocabularies/vocabulary_encoder.hpp"

namespace signaling::socketio {
namespace {

using text::JsonKind;
using text::JsonScanner;
using text::JsonValue;

bool read_event(std::string_view text, ClientEvent& event) noexcept {
  JsonScanner scanner(text);
  if (scanner.next_element(event.name) != JsonScanner::Step::member) return false;
  if (event.name.kind != JsonKind::string) return false;
  JsonValue value;
  for (std::size_t i = 0;; ++i) {
    const JsonScanner::Step step = scanner.next_element(value);
    if (step != JsonScanner::Step::member) return step == JsonScanner::Step::end;
    if (i < event.arguments.size()) event.arguments[i] = value;
  }
}

// With attachments, it comes packed.
bool read_message(const MessageView& message, ClientEvent& event) {
  if (message.kind == MessageKind::text) return read_event(message.bytes, event);
  BinaryEvent packed;
  if (!unpack(message.bytes, packed) || !read_event(packed.event, event)) return false;
  event.attachments = std::move(packed.attachments);
  return placeholders_fit(packed.event, event.attachments.size());
}

}  // namespace

void VocabularyProtocol::decode(const MessageView& message, Commands& commands) {
  texts_.clear();
  ClientEvent event;
  if (read_message(message, event)) return handle(event, commands);
  commands.emplace_back(command::Invalid{errc::bad_json, "The message is not an event.", "event"});
}

void VocabularyProtocol::set_content(Message& message, const ClientEvent& event, std::string_view original,
                                     const text::JsonValue& payload) {
  message.payload = payload.text;
  message.original = original;
  if (event.attachments.empty()) return;
  message.original = texts_.keep(pack_content({original, event.attachments}));
  if (const auto index = attachment_of(payload.text); index && *index < event.attachments.size()) {
    message.kind = MessageKind::binary;
    message.payload = event.attachments[*index];
  } else {
    message.payload = texts_.keep(inline_attachments(payload.text, event.attachments));
  }
}

command::Send VocabularyProtocol::make_send(MessageType type, std::string_view request) const {
  command::Send send;
  send.message.type = type;
  send.message.language = name_;
  send.request = request;
  return send;
}

void reject(std::string_view message, std::string_view request, Commands& commands) {
  commands.emplace_back(command::Invalid{errc::bad_request, message, request});
}

std::string object_of(std::initializer_list<std::pair<std::string_view, JsonValue>> members) {
  std::string text = "{";
  for (const auto& [name, value] : members) {
    if (!value.is_present()) continue;
    if (text.size() > 1) text += ',';
    text.append("\"").append(name).append("\":").append(value.text);
  }
  return text += '}';
}

}  // namespace signaling::socketio
