#include "identity/granted.hpp"

#include <utility>

namespace signaling::identity {
namespace {

bool read_bool(const JsonValue& value, bool& result) {
  if (value.kind != JsonKind::boolean) return false;
  result = value.text == "true";
  return true;
}

bool read_types(const JsonValue& value, MessageTypes& types) {
  const auto elements = elements_of(value);
  if (!elements) return false;
  types = MessageTypes::none();
  for (const JsonValue& element : *elements) {
    bool known = false;
    for (const auto type : {MessageType::offer, MessageType::answer, MessageType::candidate,
                            MessageType::message, MessageType::event}) {
      if (!element.equals(to_string(type))) continue;
      types.add(type);
      known = true;
    }
    if (!known) return false;
  }
  return true;
}

// `room`: where the name goes; null for the grant of all other rooms, which has none.
bool read_grant(const JsonValue& value, std::optional<std::string>* room, RoomGrant& grant) {
  const auto members = JsonObject::read(value.text);
  if (!members) return false;
  for (const auto& [name, member] : members->members()) {
    bool ok = false;
    if (name == "room" && room != nullptr) {
      *room = member.as_string();
      ok = *room && !(*room)->empty();
    } else if (name == "join") {
      ok = read_bool(member, grant.join);
    } else if (name == "admin") {
      ok = read_bool(member, grant.admin);
    } else if (name == "publish") {
      ok = read_types(member, grant.publish);
    } else if (name == "metadata") {
      grant.metadata = std::string(member.text);
      ok = true;
    }
    if (!ok) return false;
  }
  return room == nullptr || room->has_value();
}

bool read_rooms(const JsonValue& value, Grants& grants) {
  const auto elements = elements_of(value);
  if (!elements) return false;
  for (const JsonValue& element : *elements) {
    std::optional<std::string> room;
    RoomGrant grant;
    if (!read_grant(element, &room, grant) || !grants.allow(*std::move(room), std::move(grant))) return false;
  }
  return true;
}

bool read_other_rooms(const JsonValue& value, Grants& grants) {
  RoomGrant grant;
  if (!read_grant(value, nullptr, grant)) return false;
  grants.allow_other_rooms(std::move(grant));
  return true;
}

}  // namespace

bool read_granted(const JsonValue& claim, Pass& pass) {
  const auto members = JsonObject::read(claim.text);
  if (!members) return false;
  for (const auto& [name, value] : members->members()) {
    bool ok = false;
    if (name == "peer") {
      pass.peer_id = value.as_string();
      ok = pass.peer_id && !pass.peer_id->empty();
    } else if (name == "rooms") {
      ok = read_rooms(value, pass.grants);
    } else if (name == "other_rooms") {
      ok = read_other_rooms(value, pass.grants);
    }
    if (!ok) return false;
  }
  return true;
}

}  // namespace signaling::identity
