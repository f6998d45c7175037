#pragma once

#include <cstdint>
#include <string>

#include "signaling/core/export.hpp"

namespace signaling::testing {

/// Whether a case has shown what it should.
enum class Outcome : std::uint8_t {
  passed,
  failed,
  skipped,  ///< the fixture cannot do what the case needs: nothing was shown
};

/// What became of one case of a contract.
struct [[nodiscard]] SIGNALING_API ContractResult {
  Outcome outcome = Outcome::passed;  ///< passed, failed or skipped
  /// What went wrong, or why it was skipped. Bytes that are not printable are escaped.
  std::string text;
};

}  // namespace signaling::testing
