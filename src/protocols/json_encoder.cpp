// Path 6/8: envelope -> message, encoded once, shared by all receivers. Next: core/frame.cpp
#include "protocols/json_encoder.hpp"

#include <span>
#include <type_traits>
#include <variant>

#include "protocols/json_writer.hpp"

namespace signaling::protocols {
namespace {

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

std::size_t size_of(const Envelope& envelope) noexcept {
  const std::size_t payload = envelope.payload.size();
  return frame_overhead + envelope.from.size() + envelope.room.size() + envelope.event.size() +
         (envelope.kind == MessageKind::text ? payload : payload / 3 * 4 + 4);
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
    write_metadata(out, member).raw(R"(,"polite":)").boolean(precedes(self, member)).raw("}");
    first = false;
  }
  out.raw("]");
}

// Ends an answer. A tag is JSON text, since it came that way.
Frame finish(JsonWriter& out, std::string_view request) {
  if (!request.empty()) out.raw(R"(,"id":)").raw(request);
  return out.raw("}").finish();
}

Frame write(const event::Joined& joined) {
  JsonWriter out(size_of(joined.room, joined.members, joined.request) + joined.self.id.size());
  write_room(out.raw(R"({"type":"joined")"), joined.room).raw(R"(,"peer":)").string(joined.self.id);
  write_members(write_version(out, joined.version), joined.self, joined.members);
  return finish(out, joined.request);
}

Frame write(const event::Left& left) {
  JsonWriter out(size_of(left.room, {}, left.request) + left.message.size());
  write_room(out.raw(R"({"type":"left")"), left.room).raw(R"(,"reason":)").string(to_string(left.reason));
  if (!left.message.empty()) out.raw(R"(,"message":)").string(left.message);
  return finish(out, left.request);
}

Frame write(const event::PeerJoined& joined) {
  JsonWriter out(size_of(joined.room, {&joined.peer, 1}, {}));
  write_version(write_room(out.raw(R"({"type":"peer-joined")"), joined.room), joined.version);
  out.raw(R"(,"peer":{"id":)").string(joined.peer.id);
  return write_metadata(out, joined.peer).raw(R"(,"polite":)").boolean(joined.polite).raw("}}").finish();
}

Frame write(const event::PeerLeft& left) {
  JsonWriter out(size_of(left.room, {&left.peer, 1}, {}));
  write_version(write_room(out.raw(R"({"type":"peer-left")"), left.room), left.version);
  out.raw(R"(,"peer":)").string(left.peer.id).raw(R"(,"reason":)").string(to_string(left.reason));
  return out.raw("}").finish();
}

Frame write(const event::PeerUpdated& updated) {
  JsonWriter out(size_of(updated.room, {&updated.peer, 1}, {}));
  write_version(write_room(out.raw(R"({"type":"peer-updated")"), updated.room), updated.version);
  out.raw(R"(,"peer":{"id":)").string(updated.peer.id);
  return write_metadata(out, updated.peer).raw("}}").finish();
}

Frame write(const event::Updated& updated) {
  JsonWriter out(size_of(updated.room, {}, updated.request));
  write_version(write_room(out.raw(R"({"type":"updated")"), updated.room), updated.version);
  return finish(out, updated.request);
}

Frame write(const event::Members& members) {
  JsonWriter out(size_of(members.room, members.members, members.request));
  write_version(write_room(out.raw(R"({"type":"members")"), members.room), members.version);
  write_members(out, members.self, members.members);
  return finish(out, members.request);
}

Frame write(const event::Message& message) {
  const Envelope& envelope = message.envelope;
  JsonWriter out(size_of(envelope));
  out.raw(R"({"type":")").raw(to_string(envelope.type)).raw(R"(","from":)").string(envelope.from);
  if (envelope.type == EnvelopeType::event) out.raw(R"(,"event":)").string(envelope.event);
  if (!envelope.room.empty()) write_room(out, envelope.room);
  if (envelope.kind == MessageKind::binary) {
    out.raw(R"(,"encoding":"base64","data":)").base64(envelope.payload);
  } else if (!envelope.payload.empty()) {
    out.raw(R"(,"data":)").raw(envelope.payload);
  }
  return out.raw("}").finish();
}

Frame write(const event::Sent& sent) {
  JsonWriter out(frame_overhead + sent.request.size());
  out.raw(R"({"type":"sent","status":)").string(name_of(sent.status));
  return finish(out, sent.request);
}

Frame write(const event::Pong& pong) {
  JsonWriter out(frame_overhead + pong.request.size());
  return finish(out.raw(R"({"type":"pong")"), pong.request);
}

Frame write(const event::Error& error) {
  const std::string_view message = error.message.empty() ? describe(error.code) : error.message;
  JsonWriter out(frame_overhead + message.size() + error.request.size());
  out.raw(R"({"type":"error","code":)").string(to_string(error.code)).raw(R"(,"message":)").string(message);
  return finish(out, error.request);
}

Frame write(const event::GoingAway& going) {
  JsonWriter out(frame_overhead);
  const auto count = going.reconnect_after.count();
  out.raw(R"({"type":"going-away","reconnectMs":)").number(count > 0 ? static_cast<std::uint64_t>(count) : 0);
  return out.raw("}").finish();
}

Frame write(const event::Welcome& welcome, std::string_view heartbeat, std::string_view ice_servers) {
  JsonWriter out(frame_overhead + welcome.peer.size() + welcome.resume.size() + ice_servers.size());
  out.raw(R"({"type":"welcome","peer":)").string(welcome.peer).raw(R"(,"resume":)").string(welcome.resume);
  return out.raw(heartbeat).raw(R"(,"iceServers":)").raw(ice_servers).raw("}").finish();
}

}  // namespace

JsonEncoder::JsonEncoder(std::chrono::milliseconds heartbeat, std::string_view ice_servers)
    : heartbeat_(R"(,"heartbeatMs":)" + std::to_string(heartbeat.count())), ice_servers_(ice_servers) {}

void JsonEncoder::encode(const Event& event, std::vector<Frame>& frames) const {
  if (const auto* message = std::get_if<event::Message>(&event)) {
    const Envelope& envelope = message->envelope;
    if (envelope.type == EnvelopeType::event && envelope.event.empty()) return;  // for another language
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
  JsonWriter out(frame_overhead + servers.size());
  frames.push_back(out.raw(R"({"type":"ice-servers","iceServers":)").raw(servers).raw("}").finish());
}

}  // namespace signaling::protocols
