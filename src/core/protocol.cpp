#include "signaling/core/protocol.hpp"

namespace signaling {

void Protocol::open(std::string_view /*id*/, std::vector<Command>& /*commands*/) {}

}  // namespace signaling
