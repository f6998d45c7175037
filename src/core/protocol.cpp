#include "signaling/core/protocol.hpp"

namespace signaling {

void Encoder::encode_ice_servers(std::string_view /*servers*/, std::vector<Frame>& /*frames*/) const {}

std::size_t Protocol::max_message_bytes(const Limits& limits) const noexcept {
  return limits.max_message_bytes;
}

bool Protocol::tells_resume_secret() const noexcept { return false; }

void Protocol::open(std::string_view /*id*/, std::vector<Command>& /*commands*/) {}

}  // namespace signaling
