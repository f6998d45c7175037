// Path 6/8: message -> text, encoded once, shared by all receivers. Next: core/frame.cpp
#include "protocols/vertex_encoder.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "signaling/core/json_frame.hpp"
#include "signaling/protocols/peer_name.hpp"
#include "signaling/protocols/vertex.hpp"
#include "signaling/text/json_editor.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/kept_texts.hpp"

namespace signaling::protocols {
namespace {

using text::JsonKind;
using text::JsonValue;
using text::JsonWriter;
using text::KeptTexts;
using text::members_of;

constexpr std::size_t overhead = 128;

// All there is to know of who is there: the newest list is enough.
constexpr std::uint8_t peers_state = 1;

void write_field(JsonWriter& out, std::string_view name, const JsonValue& value) {
  if (value.is_present()) out.raw(",\"").raw(name).raw("\":").raw(value.text);
}

// What a peer of another language lacks is empty: clients show these fields.
void write_outsider_field(JsonWriter& out, std::string_view name, const JsonValue& value) {
  out.raw(",\"").raw(name).raw("\":").raw(value.is_present() ? value.text : std::string_view(R"("")"));
}

// Of a peer of another language: text that people read, and nothing else.
JsonValue text_of(const JsonValue& value) { return value.kind == JsonKind::string ? value : JsonValue(); }

void write_peer(JsonWriter& out, const MemberView& member) {
  const std::string_view id = claimed_name(member.metadata, "id");
  auto [device, user, agent] = members_of(member.metadata, {"device_name", "username", "user_agent"});
  write_peer_name(out.raw(R"({"id":)"), id, member.id);
  const auto write = !id.empty() ? write_field : write_outsider_field;
  if (id.empty()) {
    device = text_of(device);
    user = text_of(user);
    agent = text_of(agent);
  }
  write(out, "device_name", device);
  write(out, "username", user);
  write(out, "user_agent", agent);
  out.raw("}");
}

Frame write_peers(std::span<const MemberView> members) {
  std::size_t size = overhead;
  for (const MemberView& member : members) size += 64 + member.id.size() + member.metadata.size();
  JsonFrame out(size);
  out.raw(R"({"type":"peers","data":[)");
  std::string_view comma;
  for (const MemberView& member : members) {
    write_peer(out.raw(comma), member);
    comma = ",";
  }
  out.raw("]}");
  return out.finish(peers_state);
}

Frame write_error(const event::Error& error) {
  const std::string_view message = error.message.empty() ? describe(error.code) : error.message;
  JsonFrame out(overhead + message.size() + error.request.size());
  out.raw(R"({"type":"error","data":{)");
  if (!error.request.empty()) out.raw(R"("requestMsg":)").string(error.request).raw(",");
  out.raw(R"("reason":)").string(message).raw("}}");
  return out.finish();
}

// An offer, answer or candidate of a peer that speaks another language.
Frame write_translated(const event::Message& sent) {
  const Message& message = sent.message;
  JsonFrame out(overhead + 2 * sent.from.size() + message.to.size() + message.payload.size());
  out.raw(R"({"type":")").raw(to_string(message.type)).raw(R"(","data":{"to":)").string(message.to);
  write_peer_name(out.raw(R"(,"id":)"), {}, sent.from);  // whom clients answer
  out.raw(message.type == MessageType::candidate ? R"(,"candidate":)" : R"(,"description":)");
  if (message.kind == MessageKind::binary) {
    out.base64(message.payload);
  } else {
    out.raw(message.payload.empty() ? std::string_view("null") : message.payload);
  }
  if (message.type == MessageType::offer) out.raw(R"(,"media":"video")");
  const std::string session = std::string(peer_id_prefix).append(sent.from) + '-';
  out.raw(R"(,"session_id":)").string(session + std::string(peer_id_prefix).append(message.to));
  out.raw("}}");
  return out.finish();
}

// One end of the session says goodbye, and nobody else for it.
bool is_end(const Message& message, std::string_view name) {
  KeptTexts texts;
  const auto [id] = members_of(message.payload, {"session_id"});
  const std::string_view session = texts.name(id);
  return session.starts_with(std::string(name) + '-') || session.ends_with('-' + std::string(name));
}

// A message of this language, in the name of who has sent it.
void write_own(const event::Message& sent, std::vector<Frame>& frames) {
  const Message& message = sent.message;
  static constexpr std::array<std::string_view, 2> sender_fields{"id", "from"};
  const std::string name = peer_name(claimed_name(sent.from_metadata, "id"), sent.from);
  if (message.type == MessageType::event) {
    KeptTexts texts;
    JsonValue value;
    (void)text::JsonScanner(name).read_text(value);
    const std::string as_peer = std::string(peer_id_prefix).append(sent.from);
    if (!is_end(message, texts.name(value)) && !is_end(message, as_peer)) return;
    return frames.push_back(Frame::text(message.original));
  }
  text::JsonEditor editor(message.original);
  while (const text::JsonMember* const member = editor.next()) {
    if (!member->name.equals("data")) continue;
    const std::string data = sign(member->value.text, sender_fields, name);
    if (!data.empty()) editor.replace(data);
  }
  frames.push_back(Frame::text(editor.is_edited() ? editor.finish() : message.original));
}

void encode_message(const event::Message& sent, std::vector<Frame>& frames) {
  if (sent.message.language == vertex_language) return write_own(sent, frames);
  switch (sent.message.type) {
    case MessageType::offer:
    case MessageType::answer:
    case MessageType::candidate: frames.push_back(write_translated(sent)); return;
    case MessageType::message:
    case MessageType::event: return;
  }
}

}  // namespace

Frame vertex_error(std::string_view reason) {
  JsonFrame out(overhead + reason.size());
  out.raw(R"({"type":"error","data":{"reason":)").raw(reason).raw("}}");
  return out.finish();
}

Frame VertexEncoder::write_peers_after(Change change, const MemberView& changed) const {
  const std::vector<Member> members = members_();
  std::vector<MemberView> views;
  views.reserve(members.size() + 1);
  for (const Member& member : members) {
    if (member.id != changed.id) {
      views.push_back({member.id, member.metadata.view(), member.joined_at});
    } else if (change == Change::there) {
      views.push_back(changed);
    }
  }
  const bool is_new = std::ranges::find(views, changed.id, &MemberView::id) == views.end();
  if (change == Change::there && is_new) views.push_back(changed);
  return write_peers(views);
}

// A change is encoded before it is made, so that the list has to be made with it.
void VertexEncoder::encode(const Event& event, std::vector<Frame>& frames) const {
  if (const auto* message = std::get_if<event::Message>(&event)) {
    encode_message(*message, frames);
  } else if (const auto* joined = std::get_if<event::PeerJoined>(&event)) {
    if (joined->room == vertex_room) frames.push_back(write_peers_after(Change::there, joined->peer));
  } else if (const auto* left = std::get_if<event::PeerLeft>(&event)) {
    if (left->room == vertex_room) frames.push_back(write_peers_after(Change::gone, left->peer));
  } else if (const auto* updated = std::get_if<event::PeerUpdated>(&event)) {
    if (updated->room == vertex_room) frames.push_back(write_peers_after(Change::there, updated->peer));
  } else if (const auto* self = std::get_if<event::Joined>(&event)) {
    std::vector<MemberView> views(self->members.begin(), self->members.end());
    views.push_back(self->self);
    frames.push_back(write_peers(views));
  } else if (const auto* error = std::get_if<event::Error>(&event)) {
    if (error->request != vertex_leave_request) frames.push_back(write_error(*error));
  } else if (const auto* end = std::get_if<event::Left>(&event)) {
    if (!end->message.empty()) frames.push_back(write_error({errc::kicked, end->message, {}}));
  }
}

}  // namespace signaling::protocols
