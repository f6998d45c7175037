#pragma once

#include <memory>
#include <string_view>

struct evp_pkey_st;

namespace signaling::identity {

/// Public keys from the numbers of a JWK, as big-endian bytes. Null: OpenSSL finds them to be no key, for example a point
/// that is not on the curve.
std::shared_ptr<evp_pkey_st> make_rsa_key(std::string_view modulus, std::string_view exponent);
std::shared_ptr<evp_pkey_st> make_p256_key(std::string_view x, std::string_view y);
std::shared_ptr<evp_pkey_st> make_ed25519_key(std::string_view x);

int bits_of(const evp_pkey_st& key);

/// RSASSA-PKCS1-v1_5 with SHA-256.
bool verify_rsa(evp_pkey_st& key, std::string_view input, std::string_view signature);
/// ECDSA with SHA-256; the signature is R and S, each of 32 bytes (RFC 7518 3.4).
bool verify_p256(evp_pkey_st& key, std::string_view input, std::string_view signature);
bool verify_ed25519(evp_pkey_st& key, std::string_view input, std::string_view signature);

}  // namespace signaling::identity
