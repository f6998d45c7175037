#pragma once

#include <vector>

#include "signaling/testing/state_store_contract.hpp"

namespace signaling::testing {

using StoreCases = std::vector<StateStoreCase>;

// Each appends the cases of its file.
void add_claim_cases(StoreCases& cases);
void add_member_cases(StoreCases& cases);
void add_retry_cases(StoreCases& cases);
void add_order_cases(StoreCases& cases);
void add_thread_cases(StoreCases& cases);
void add_publish_cases(StoreCases& cases);
void add_command_cases(StoreCases& cases);
void add_move_cases(StoreCases& cases);
void add_end_cases(StoreCases& cases);
void add_failure_cases(StoreCases& cases);

}  // namespace signaling::testing
