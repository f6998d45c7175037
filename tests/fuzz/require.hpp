#pragma once

#include <cstdlib>

/// What must hold whatever the input is. libFuzzer takes the end of the process for a finding.
inline void require(bool condition) {
  if (!condition) std::abort();
}
