#include "signaling/identity/grants.hpp"

#include <stdexcept>
#include <utility>

#include "signaling/text/json_scanner.hpp"

namespace signaling::identity {
namespace {

void check(const RoomGrant& grant) {
  if (!grant.metadata || grant.metadata->empty() || text::is_json(*grant.metadata)) return;
  throw std::invalid_argument("signaling: RoomGrant::metadata is not JSON");
}

}  // namespace

Grants Grants::everything() {
  Grants grants;
  grants.allow_other_rooms({});
  return grants;
}

bool Grants::allow(std::string room, RoomGrant grant) {
  check(grant);
  const auto [place, is_new] = rooms_.emplace(std::move(room), std::move(grant));
  if (is_new) narrow(place->second);
  return is_new;
}

void Grants::allow_other_rooms(RoomGrant grant) {
  check(grant);
  narrow(grant);
  other_rooms_ = std::move(grant);
}

void Grants::narrow(const RoomGrant& grant) noexcept {
  if (grant.join) everywhere_ = everywhere_.value_or(MessageTypes::all()) & grant.may_send();
}

const RoomGrant* Grants::find(std::string_view room) const {
  if (const auto found = rooms_.find(room); found != rooms_.end()) return &found->second;
  return other_rooms_ ? &*other_rooms_ : nullptr;
}

bool Grants::may_join(std::string_view room) const {
  const RoomGrant* grant = find(room);
  return grant != nullptr && grant->join;
}

bool Grants::may_send(MessageType type, std::string_view room) const {
  const RoomGrant* grant = find(room);
  return grant != nullptr && grant->join && grant->may_send().contains(type);
}

}  // namespace signaling::identity
