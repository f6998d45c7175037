#pragma once

#include <cstdint>
#include <string>

#include "signaling/text/export.hpp"

namespace signaling::testing {

/// The outcome of a case.
enum class Outcome : std::uint8_t {
  passed,
  failed,
  skipped,  ///< the fixture lacks an ability that the case needs: nothing was tested
};

/// The result of one case of a contract.
struct [[nodiscard]] SIGNALING_API ContractResult {
  Outcome outcome = Outcome::passed;  ///< passed, failed or skipped
  /// The failure, or why the case was skipped. Non-printable bytes are escaped.
  std::string text;
};

}  // namespace signaling::testing
