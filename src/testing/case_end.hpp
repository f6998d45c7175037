#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "signaling/testing/contract.hpp"

namespace signaling::testing {

/// Thrown to end a case before its last line.
struct CaseEnd {
  ContractResult result;
};

[[noreturn]] inline void fail(std::string text) { throw CaseEnd{{Outcome::failed, std::move(text)}}; }
[[noreturn]] inline void skip(std::string text) { throw CaseEnd{{Outcome::skipped, std::move(text)}}; }
inline void require(bool holds, std::string_view text) {
  if (!holds) fail(std::string(text));
}

/// Runs what may end early.
template <class Function>
ContractResult run_case(Function function) {
  try {
    function();
    return {};
  } catch (CaseEnd& end) {
    return std::move(end.result);
  } catch (const std::exception& error) {
    return {Outcome::failed, std::string("an exception: ") + error.what()};
  }
}

}  // namespace signaling::testing
