#include "signaling/text/sha1.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "signaling/text/hex.hpp"

using namespace signaling::text;

namespace {

std::string hash_of(std::string_view message) {
  const auto digest = sha1(message);
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

TEST_CASE("SHA-1: the examples, and messages around a block's end (FIPS 180-4)") {
  CHECK(hash_of("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hash_of("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  CHECK(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK(hash_of(std::string(55, 'a')) == "c1c8bbdc22796e28c0e15163d20899b65621d65a");
  CHECK(hash_of(std::string(64, 'a')) == "0098ba824b5c16427bd7a1122a5a442a25ec644d");
}
