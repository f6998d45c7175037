// Path 6/8: message -> text, encoded once, shared by all receivers. Next: core/frame.cpp
#include "protocols/godot_encoder.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "protocols/godot_lobby.hpp"
#include "signaling/core/json_frame.hpp"
#include "signaling/text/json_members.hpp"

namespace signaling::protocols {
namespace {

constexpr std::size_t godot_overhead = 48;
constexpr std::uint16_t godot_kicked_code = 4403;
constexpr std::string_view no_text = "\"\"";

// `data`: a JSON string.
Frame write_godot(GodotType type, std::uint32_t id, std::string_view data = no_text) {
  JsonFrame out(godot_overhead + data.size());
  out.raw("{\"type\":").number(static_cast<unsigned>(type)).raw(",\"id\":").number(id);
  out.raw(",\"data\":").raw(data).raw("}");
  return out.finish();
}

Frame write_godot_member(GodotType type, const MemberView& member) {
  return write_godot(type, godot_number(member.id, member.metadata));
}

Frame seal_complete() { return Frame::close(1000, "Seal complete"); }

// "\n<mid>\n<index>\n<candidate>". An empty part would be lost.
std::optional<std::string> candidate_text(std::string_view payload) {
  const auto [candidate, mid, index] = text::members_of(payload, {"candidate", "sdpMid", "sdpMLineIndex"});
  const auto text = candidate.as_string();
  if (!text) return std::nullopt;
  const std::string line = index.kind == text::JsonKind::number ? std::string(index.text) : "0";
  const std::string name = mid.as_string().value_or("");
  return text::json_string("\n" + (name.empty() ? line : name) + "\n" + line + "\n" + *text);
}

// The data of a message of another language. Nothing: there is no word for it.
std::optional<std::string> godot_data(const Message& message, GodotType& type) {
  if (message.kind == MessageKind::binary) return std::nullopt;
  if (message.type == MessageType::candidate) {
    type = GodotType::candidate;
    return candidate_text(message.payload);
  }
  if (message.type != MessageType::offer && message.type != MessageType::answer) return std::nullopt;
  type = message.type == MessageType::offer ? GodotType::offer : GodotType::answer;
  const auto [sdp] = text::members_of(message.payload, {"sdp"});
  return sdp.kind == text::JsonKind::string ? std::optional(std::string(sdp.text)) : std::nullopt;
}

void encode_godot(const event::Message& sent, std::vector<Frame>& frames) {
  const Message& message = sent.message;
  const std::uint32_t sender = godot_number(sent.from, sent.from_metadata);
  if (message.language != godot_language) {
    GodotType type{};
    if (const auto data = godot_data(message, type)) frames.push_back(write_godot(type, sender, *data));
    return;
  }
  switch (message.type) {
    case MessageType::offer: return frames.push_back(write_godot(GodotType::offer, sender, message.original));
    case MessageType::answer:
      return frames.push_back(write_godot(GodotType::answer, sender, message.original));
    case MessageType::candidate:
      return frames.push_back(write_godot(GodotType::candidate, sender, message.original));
    case MessageType::event: {
      const bool is_complete = message.original == godot_complete;
      return frames.push_back(is_complete ? seal_complete() : write_godot(GodotType::peer_connect, sender));
    }
    case MessageType::message: return;
  }
}

Frame godot_refusal(const event::Error& error) {
  std::string_view reason = error.message;
  if (error.code == errc::room_full) reason = "Too many peers connected";
  if (error.code == errc::bad_id) reason = "Lobby does not exists";
  return Frame::close(godot_error_code, reason);
}

}  // namespace

std::string_view GodotEncoder::lobby_of(std::string_view room) const noexcept {
  return room.substr(std::min(room.size(), options_->room_prefix.size()));
}

bool GodotEncoder::is_sealed(std::string_view room) const {
  const std::vector<Member> members = members_(room);
  const Member* const host = godot_host(members);
  return host != nullptr && host->metadata.view() == godot_sealed_claim;
}

// The client's number, the members in the order in which they came, and the name of the lobby last.
void GodotEncoder::encode_joined(const event::Joined& joined, std::vector<Frame>& frames) const {
  std::vector<MemberView> members(joined.members.begin(), joined.members.end());
  std::ranges::sort(members, precedes);
  const bool is_host = is_godot_host(joined.self.metadata);
  const auto has_host = [](const MemberView& member) { return is_godot_host(member.metadata); };
  const auto host = std::ranges::find_if(members, has_host);
  if (!is_host && host == members.end()) {
    return frames.push_back(Frame::close(godot_error_code, "Lobby does not exists"));
  }
  if (!is_host && host->metadata == godot_sealed_claim) {
    return frames.push_back(Frame::close(godot_error_code, "Lobby is sealed"));
  }
  const std::string_view lobby = lobby_of(joined.room);
  const bool is_mesh = !is_client_server(lobby);
  const std::uint32_t own = godot_number(joined.self.id, joined.self.metadata);
  frames.push_back(write_godot(GodotType::id, own, is_mesh ? "\"true\"" : no_text));
  for (const MemberView& member : members) {
    if (is_host || is_mesh || has_host(member))
      frames.push_back(write_godot_member(GodotType::peer_connect, member));
  }
  frames.push_back(write_godot(GodotType::join, 0, text::json_string(lobby)));
}

// In a client-server lobby, the newcomer itself tells the host.
void GodotEncoder::encode_peer_joined(const event::PeerJoined& joined, std::vector<Frame>& frames) const {
  if (is_client_server(lobby_of(joined.room)) || is_sealed(joined.room)) return;
  frames.push_back(write_godot_member(GodotType::peer_connect, joined.peer));
}

void GodotEncoder::encode_peer_left(const event::PeerLeft& left, std::vector<Frame>& frames) const {
  if (left.peer.metadata == godot_sealed_claim) {
    frames.push_back(seal_complete());
  } else if (is_godot_host(left.peer.metadata)) {
    frames.push_back(Frame::close(godot_error_code, "Room host has disconnected"));
  } else if (!is_sealed(left.room)) {
    frames.push_back(write_godot_member(GodotType::peer_disconnect, left.peer));
  }
}

void GodotEncoder::encode(const Event& event, std::vector<Frame>& frames) const {
  if (const auto* message = std::get_if<event::Message>(&event)) {
    encode_godot(*message, frames);
  } else if (const auto* peer_joined = std::get_if<event::PeerJoined>(&event)) {
    encode_peer_joined(*peer_joined, frames);
  } else if (const auto* left = std::get_if<event::PeerLeft>(&event)) {
    encode_peer_left(*left, frames);
  } else if (const auto* joined = std::get_if<event::Joined>(&event)) {
    encode_joined(*joined, frames);
  } else if (const auto* updated = std::get_if<event::PeerUpdated>(&event)) {
    if (updated->peer.metadata == godot_sealed_claim) frames.push_back(write_godot(GodotType::seal, 0));
  } else if (const auto* own = std::get_if<event::Updated>(&event)) {
    if (own->request == godot_seal_request) frames.push_back(write_godot(GodotType::seal, 0));
  } else if (const auto* error = std::get_if<event::Error>(&event)) {
    if (error->request == godot_join_request) frames.push_back(godot_refusal(*error));
  } else if (const auto* end = std::get_if<event::Left>(&event)) {
    frames.push_back(Frame::close(godot_kicked_code, end->message));
  }
}

}  // namespace signaling::protocols
