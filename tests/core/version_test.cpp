#include "signaling/core/version.hpp"

#include <doctest/doctest.h>

TEST_CASE("version: the library tells the version of the CMake project") {
  CHECK(signaling::version() == PROJECT_VERSION);
}
