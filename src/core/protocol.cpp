#include "signaling/core/protocol.hpp"

namespace signaling {

void Encoder::encode_ice_servers(std::string_view /*servers*/, std::vector<Frame>& /*frames*/) const {}

std::size_t Protocol::max_message_bytes(const Limits& limits) const noexcept {
  return limits.max_message_bytes;
}

RoomLimits Protocol::room_limits(const Limits& limits) const noexcept {
  return {limits.max_rooms_per_peer, limits.max_id_bytes, limits.join_burst};
}

bool Protocol::tells_resume_secret() const noexcept { return false; }

bool Protocol::is_counted(const MessageView& /*message*/) const noexcept { return true; }

PeerId Protocol::make_peer_id(Random& /*random*/) { return {}; }

void Protocol::open(std::string_view /*id*/, const Clock& /*clock*/, std::vector<Command>& /*commands*/) {}

std::optional<TimePoint> Protocol::deadline() const noexcept { return std::nullopt; }

void Protocol::on_deadline(std::vector<Command>& /*commands*/) {}

void Protocol::alive(std::vector<Command>& /*commands*/) {}

void Protocol::closed() noexcept {}

}  // namespace signaling
