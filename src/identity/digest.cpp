#include "identity/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace signaling::identity {
namespace {

template <class Digest>
Digest hmac(const EVP_MD* algorithm, std::string_view key, std::string_view text) {
  Digest digest{};
  const auto bytes = as_bytes(text);
  if (HMAC(algorithm, key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(), digest.data(),
           nullptr) == nullptr) {
    ERR_clear_error();
    throw std::runtime_error("signaling: OpenSSL has no HMAC");
  }
  return digest;
}

}  // namespace

Sha256 sha256(std::string_view text) {
  Sha256 digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    ERR_clear_error();
    throw std::runtime_error("signaling: OpenSSL has no SHA-256");
  }
  return digest;
}

Sha256 hmac_sha256(std::string_view key, std::string_view text) {
  return hmac<Sha256>(EVP_sha256(), key, text);
}

Sha1 hmac_sha1(std::string_view key, std::string_view text) { return hmac<Sha1>(EVP_sha1(), key, text); }

bool equal_digests(std::span<const unsigned char> a, std::span<const unsigned char> b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace signaling::identity
