#pragma once

#include <vector>

#include "signaling/testing/transport_contract.hpp"

namespace signaling::testing {

using TransportCases = std::vector<TransportCase>;

// Each appends the cases of its file.
void add_message_cases(TransportCases& cases);
void add_connection_cases(TransportCases& cases);

}  // namespace signaling::testing
