#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <iosfwd>
#include <string>
#include <system_error>

#include "signaling/text/export.hpp"

namespace signaling {

/// Why a call failed.
struct SIGNALING_API Failure {
  std::error_code code;  ///< for programs
  /// One sentence for people. It names the address, the file or the entry of a list that caused the error.
  std::string message;
};
/// Writes the message.
SIGNALING_API std::ostream& operator<<(std::ostream& out, const Failure& failure);

/// What a call returns that may fail: the value, or a Failure. True: it has a value. `value()` returns the value or
/// throws std::system_error with the code and the message; `error()` is the Failure.
template <class Value>
using Result = boost::system::result<Value, Failure>;

/// Throws the std::system_error of `Result::value`.
[[noreturn]] SIGNALING_API void throw_exception_from_error(const Failure& failure,
                                                           const boost::source_location& location);

}  // namespace signaling
