#include "signaling/core/result.hpp"

#include <ostream>
#include <stdexcept>

namespace signaling {
namespace {

// The message already says what the code means.
class FailureError final : public std::system_error {
 public:
  explicit FailureError(const Failure& failure)
      : system_error(failure.code, failure.message), text_(failure.message) {}
  const char* what() const noexcept override { return text_.what(); }

 private:
  std::runtime_error text_;  // copies without throwing
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Failure& failure) { return out << failure.message; }

void throw_exception_from_error(const Failure& failure, const boost::source_location& /*location*/) {
  throw FailureError(failure);
}

}  // namespace signaling
