// Path 6/8: message -> text, encoded once, shared by all receivers. Next: core/frame.cpp
#include "protocols/json_encoder.hpp"

#include <span>
#include <type_traits>
#include <variant>

#include "signaling/core/json_frame.hpp"
#include "signaling/text/json_scanner.hpp"

namespace signaling::protocols {
namespace {

using text::JsonWriter;

// More than the fixed text of any message and the numbers in it take.
constexpr std::size_t frame_overhead = 128;
constexpr std::size_t member_overhead = 64;

std::string_view name_of(SendStatus status) noexcept {
  switch (status) {
    case SendStatus::sent: return "sent";
    case SendStatus::queued:
    case SendStatus::crowded: return "queued";
    case SendStatus::dropped: return "dropped";
  }
  return "dropped";
}

std::size_t size_of(const MemberView& member) noexcept {
  return member_overhead + member.id.size() + member.metadata.size();
}

std::size_t size_of(std::string_view room, std::span<const MemberView> members,
                    std::string_view request) noexcept {
  std::size_t size = frame_overhead + room.size() + request.size();
  for (const MemberView& member : members) size += size_of(member);
  return size;
}

std::size_t size_of(const event::Message& sent) noexcept {
  const Message& message = sent.message;
  const std::size_t payload = message.payload.size();
  return frame_overhead + sent.from.size() + message.room.size() + message.event.size() +
         (message.kind == MessageKind::text ? payload : payload / 3 * 4 + 4);
}

JsonWriter& write_metadata(JsonWriter& out, const MemberView& member) {
  return out.raw(R"(,"metadata":)").raw(member.metadata.empty() ? std::string_view("null") : member.metadata);
}

JsonWriter& write_room(JsonWriter& out, std::string_view room) { return out.raw(R"(,"room":)").string(room); }

JsonWriter& write_version(JsonWriter& out, Version version) {
  return out.raw(R"(,"version":)").number(version);
}

// Whoever was there first is the polite one of the two.
void write_members(JsonWriter& out, const MemberView& self, std::span<const MemberView> members) {
  out.raw(R"(,"peers":[)");
  bool first = true;
  for (const MemberView& member : members) {
    out.raw(first ? R"({"id":)" : R"(,{"id":)").string(member.id);
    write_metadata(out, member).raw(R"(,"polite":)").boolean(precedes(self, member));
    out.raw(member.is_away ? R"(,"away":true})" : "}");
    first = false;
  }
  out.raw("]");
}

// A client's tag is JSON text, since it came that way; a tag that the host has given to Peer need not be.
void write_tag(JsonWriter& out, std::string_view tag) {
  text::JsonValue value;
  const bool is_client_tag = text::JsonScanner(tag).read_text(value) &&
                             (value.kind == text::JsonKind::string || value.kind == text::JsonKind::number);
  is_client_tag ? out.raw(tag) : out.string(tag);
}

// Ends an answer.
Frame finish(JsonFrame& out, std::string_view request, FrameUse use = FrameUse::message) {
  if (!request.empty()) write_tag(out.raw(R"(,"id":)"), request);
  out.raw("}");
  return out.finish(use);
}

JsonWriter& write_count(JsonWriter& out, std::string_view name, std::optional<std::uint64_t> count) {
  if (count) out.raw(",").string(name).raw(":").number(*count);
  return out;
}

Frame write(const event::Joined& joined) {
  JsonFrame out(size_of(joined.room, joined.members, joined.request) + joined.self.id.size());
  write_room(out.raw(R"({"type":"joined")"), joined.room).raw(R"(,"peer":)").string(joined.self.id);
  write_members(write_version(out, joined.version), joined.self, joined.members);
  return finish(out, joined.request, FrameUse::room);
}

Frame write(const event::Left& left) {
  JsonFrame out(size_of(left.room, {}, left.request) + left.message.size());
  write_room(out.raw(R"({"type":"left")"), left.room).raw(R"(,"reason":)").string(to_string(left.reason));
  if (!left.message.empty()) out.raw(R"(,"message":)").string(left.message);
  return finish(out, left.request, FrameUse::room);
}

Frame write_presence(std::string_view type, std::string_view room, Version version, const MemberView& peer) {
  JsonFrame out(size_of(room, {&peer, 1}, {}));
  write_version(write_room(out.raw(R"({"type":)").string(type), room), version);
  out.raw(R"(,"peer":)").string(peer.id).raw("}");
  return out.finish(FrameUse::change);
}

Frame write(const event::PeerAway& away) {
  return write_presence("peer-away", away.room, away.version, away.peer);
}

Frame write(const event::PeerBack& back) {
  return write_presence("peer-back", back.room, back.version, back.peer);
}

Frame write(const event::PeerJoined& joined) {
  JsonFrame out(size_of(joined.room, {&joined.peer, 1}, {}));
  write_version(write_room(out.raw(R"({"type":"peer-joined")"), joined.room), joined.version);
  out.raw(R"(,"peer":{"id":)").string(joined.peer.id);
  write_metadata(out, joined.peer).raw(R"(,"polite":)").boolean(joined.polite).raw("}}");
  return out.finish(FrameUse::change);
}

Frame write(const event::PeerLeft& left) {
  JsonFrame out(size_of(left.room, {&left.peer, 1}, {}));
  write_version(write_room(out.raw(R"({"type":"peer-left")"), left.room), left.version);
  out.raw(R"(,"peer":)").string(left.peer.id).raw(R"(,"reason":)").string(to_string(left.reason));
  out.raw("}");
  return out.finish(FrameUse::change);
}

Frame write(const event::PeerUpdated& updated) {
  JsonFrame out(size_of(updated.room, {&updated.peer, 1}, {}));
  write_version(write_room(out.raw(R"({"type":"peer-updated")"), updated.room), updated.version);
  out.raw(R"(,"peer":{"id":)").string(updated.peer.id);
  write_metadata(out, updated.peer).raw("}}");
  return out.finish(FrameUse::change);
}

Frame write(const event::Updated& updated) {
  JsonFrame out(size_of(updated.room, {}, updated.request));
  write_version(write_room(out.raw(R"({"type":"updated")"), updated.room), updated.version);
  return finish(out, updated.request);
}

Frame write(const event::Members& members) {
  JsonFrame out(size_of(members.room, members.members, members.request));
  write_version(write_room(out.raw(R"({"type":"members")"), members.room), members.version);
  write_members(out, members.self, members.members);
  // A newer list replaces one that nobody waits for by name.
  return finish(out, members.request, members.request.empty() ? FrameUse::change : FrameUse::room);
}

Frame write(const event::Message& sent) {
  const Message& message = sent.message;
  JsonFrame out(size_of(sent));
  out.raw(R"({"type":")").raw(to_string(message.type)).raw(R"(","from":)").string(sent.from);
  if (message.type == MessageType::event) out.raw(R"(,"event":)").string(message.event);
  if (!message.room.empty()) write_room(out, message.room);
  if (message.kind == MessageKind::binary) {
    out.raw(R"(,"encoding":"base64","data":)").base64(message.payload);
  } else if (!message.payload.empty()) {
    out.raw(R"(,"data":)").raw(message.payload);
  }
  out.raw("}");
  return out.finish();
}

Frame write(const event::Sent& sent) {
  JsonFrame out(frame_overhead + sent.request.size());
  out.raw(R"({"type":"sent","status":)").string(name_of(sent.status));
  return finish(out, sent.request);
}

Frame write(const event::Pong& pong) {
  JsonFrame out(frame_overhead + pong.request.size());
  write_count(out.raw(R"({"type":"pong")"), "received", pong.received);
  return finish(out, pong.request, FrameUse::link);
}

Frame write(const event::Acknowledged& acknowledged) {
  JsonFrame out(frame_overhead);
  write_count(out.raw(R"({"type":"ack")"), "received", acknowledged.received).raw("}");
  return out.finish(FrameUse::link);
}

Frame write(const event::Error& error) {
  const std::string_view message = error.message.empty() ? describe(error.code) : error.message;
  JsonFrame out(frame_overhead + message.size() + error.request.size());
  out.raw(R"({"type":"error","code":)").string(to_string(error.code)).raw(R"(,"message":)").string(message);
  return finish(out, error.request);
}

Frame write(const event::GoingAway& going) {
  JsonFrame out(frame_overhead);
  const auto count = going.reconnect_after.count();
  out.raw(R"({"type":"going-away","reconnectMs":)").number(count > 0 ? count : 0).raw("}");
  return out.finish(FrameUse::link);
}

std::string_view name_of(event::Resumption::Kind kind) noexcept {
  switch (kind) {
    case event::Resumption::Kind::exact: return "exact";
    case event::Resumption::Kind::rooms: return "rooms";
    case event::Resumption::Kind::none: break;
  }
  return "none";
}

void write_resumption(JsonWriter& out, const event::Resumption& resumption) {
  out.raw(R"(,"resumed":)").string(name_of(resumption.kind));
  if (!resumption.reason.empty()) out.raw(R"(,"reason":)").string(resumption.reason);
  write_count(write_count(out, "received", resumption.received), "lost", resumption.lost);
}

Frame write(const event::Welcome& welcome, std::string_view heartbeat, std::string_view ice_servers) {
  JsonFrame out(frame_overhead + welcome.peer.size() + welcome.resume.size() + ice_servers.size());
  out.raw(R"({"type":"welcome","peer":)").string(welcome.peer).raw(R"(,"resume":)").string(welcome.resume);
  if (welcome.keep.count() != 0) out.raw(R"(,"keep":)").number(welcome.keep.count());
  if (welcome.resumption) write_resumption(out, *welcome.resumption);
  out.raw(heartbeat).raw(R"(,"iceServers":)").raw(ice_servers).raw("}");
  return out.finish(FrameUse::link);
}

}  // namespace

JsonEncoder::JsonEncoder(std::chrono::milliseconds heartbeat, std::string_view ice_servers)
    : heartbeat_(R"(,"heartbeatMs":)" + std::to_string(heartbeat.count())), ice_servers_(ice_servers) {}

void JsonEncoder::encode(const Event& event, std::vector<Frame>& frames) const {
  if (const auto* message = std::get_if<event::Message>(&event)) {
    const Message& said = message->message;
    if (said.type == MessageType::event && said.event.empty()) return;  // for another language
  }
  frames.push_back(std::visit(
      [this](const auto& known) {
        if constexpr (std::is_same_v<std::decay_t<decltype(known)>, event::Welcome>) {
          return write(known, heartbeat_,
                       known.ice_servers.empty() ? std::string_view(ice_servers_) : known.ice_servers);
        } else {
          return write(known);
        }
      },
      event));
}

void JsonEncoder::encode_ice_servers(std::string_view servers, std::vector<Frame>& frames) const {
  JsonFrame out(frame_overhead + servers.size());
  out.raw(R"({"type":"ice-servers","iceServers":)").raw(servers).raw("}");
  frames.push_back(out.finish());
}

}  // namespace signaling::protocols
