// Tokens and key sets: no input makes them read beyond its end or is taken for a signed one.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.hpp"
#include "identity/claims.hpp"
#include "identity/json_object.hpp"
#include "signaling/identity/jwt.hpp"

namespace {

using namespace signaling::identity;

const KeySet& keys() {
  static const KeySet set =
      KeySet::from_jwks(R"({"keys":[{"kty":"oct","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}]})");
  return set;
}

// Nobody but who has the secret can make one, and the fuzzer has not.
void check_token(std::string_view text) {
  static const JwtAuthenticator jwt(keys());
  require(!jwt.verify(text).admitted());
}

void check_claims(std::string_view text) {
  const std::chrono::system_clock::time_point now(std::chrono::seconds(1'700'000'000));
  const Verdict verdict = read_claims(std::string(text), {}, now);
  if (!verdict.admitted()) return;
  require(verdict.pass().expires > now);
  require(!verdict.pass().peer_id || !verdict.pass().peer_id->empty());
}

void check_key_set(std::string_view text) {
  try {
    require(KeySet::from_jwks(text).size() > 0);
  } catch (const std::invalid_argument&) {  // NOLINT(bugprone-empty-catch): as it should
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // libFuzzer's own buffer may be larger than the input; a block of its size lets AddressSanitizer see the end.
  const std::vector<char> exact(data, data + size);
  const std::string_view text(exact.data(), exact.size());
  check_token(text);
  check_claims(text);
  check_key_set(text);
  return 0;
}
