#include "signaling/core/result.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace signaling;

TEST_CASE("result: value() throws a std::system_error with the code, whose text is the message") {
  const auto full = std::make_error_code(std::errc::no_space_on_device);
  const Result<int> failed = Failure{full, "cannot write \"x\": no space"};
  CHECK_FALSE(failed.has_value());
  try {
    (void)failed.value();
    FAIL("did not throw");
  } catch (const std::system_error& error) {
    CHECK(error.code() == full);
    CHECK(error.what() == std::string("cannot write \"x\": no space"));
  }
  std::ostringstream text;
  text << failed.error();
  CHECK(text.str() == "cannot write \"x\": no space");
}

TEST_CASE("result: a value is given as it is, also none") {
  CHECK(Result<int>(7).value() == 7);
  CHECK_NOTHROW(Result<void>().value());
}
