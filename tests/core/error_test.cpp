#include <doctest/doctest.h>

#include "signaling/core/error.hpp"
#include "signaling/core/ids.hpp"
#include "support/fakes.hpp"

using namespace signaling;

TEST_CASE("errc: conditions tell whose fault it was and whether to try again") {
  CHECK(std::error_code(errc::bad_json) == condition::peer_fault);
  CHECK(std::error_code(errc::bad_json) != condition::retryable);
  CHECK(std::error_code(errc::store_unavailable) == condition::local_fault);
  CHECK(std::error_code(errc::store_unavailable) == condition::retryable);
  CHECK(std::error_code(errc::room_full) == condition::retryable);
  CHECK(std::error_code(errc::room_full) != condition::peer_fault);
}

TEST_CASE("errc: every code has a name and a sentence of its own") {
  for (unsigned i = 0; i <= static_cast<unsigned>(errc::internal); ++i) {
    const auto code = static_cast<errc>(i);
    CHECK(!to_string(code).empty());
    CHECK(describe(code).ends_with('.'));
    for (unsigned j = 0; j < i; ++j) CHECK(to_string(static_cast<errc>(j)) != to_string(code));
  }
  CHECK(make_error_code(errc::room_full).message() == describe(errc::room_full));
}

TEST_CASE("make_id: 128 bits as 22 URL-safe characters (RFC 4648 5)") {
  struct Fixed final : Random {
    void fill(std::span<std::byte> bytes) override {
      for (std::byte& byte : bytes) byte = std::byte{0xFF};
    }
  } ones;
  CHECK(make_id(ones) == "_____________________w");
  signaling::testing::SeededRandom random(1);
  const std::string id = make_id(random);
  CHECK(id.size() == 22);
  CHECK(id.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
        std::string::npos);
  CHECK(make_id(random) != id);
  CHECK(make_id(system_random()) != make_id(system_random()));
}

TEST_CASE("equal_secrets: compares whole strings") {
  CHECK(equal_secrets("abc", "abc"));
  CHECK(!equal_secrets("abc", "abd"));
  CHECK(!equal_secrets("abc", "abcd"));
  CHECK(equal_secrets("", ""));
}
