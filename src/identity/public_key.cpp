#include "identity/public_key.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <string>

#include "identity/digest.hpp"

namespace signaling::identity {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

// What OpenSSL has to say of a failure must not be found by the TLS code of the same thread, which would take it for its
// own.
class ErrorQueue {
 public:
  ErrorQueue() { ERR_set_mark(); }
  ErrorQueue(const ErrorQueue&) = delete;
  ErrorQueue& operator=(const ErrorQueue&) = delete;
  ~ErrorQueue() { ERR_pop_to_mark(); }
};

Number make_number(std::string_view bytes) {
  const auto span = as_bytes(bytes);
  return Number(BN_bin2bn(span.data(), static_cast<int>(span.size()), nullptr));
}

std::shared_ptr<EVP_PKEY> make_key(const char* type, const ParameterBuilder& builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  std::shared_ptr<EVP_PKEY> owned(key, EVP_PKEY_free);
  const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return check && EVP_PKEY_public_check(check.get()) == 1 ? owned : nullptr;
}

bool verify(EVP_PKEY& key, const EVP_MD* digest, std::string_view input, std::string_view signature) {
  const ErrorQueue errors;
  const DigestContext context(EVP_MD_CTX_new());
  const auto signature_bytes = as_bytes(signature);
  const auto input_bytes = as_bytes(input);
  return context && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, &key) == 1 &&
         EVP_DigestVerify(context.get(), signature_bytes.data(), signature_bytes.size(), input_bytes.data(),
                          input_bytes.size()) == 1;
}

// OpenSSL wants the two numbers in DER.
std::string to_der(std::string_view r, std::string_view s) {
  const EcdsaSignature signature(ECDSA_SIG_new());
  Number r_number = make_number(r);
  Number s_number = make_number(s);
  if (!signature || !r_number || !s_number) return {};
  ECDSA_SIG_set0(signature.get(), r_number.release(), s_number.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

}  // namespace

std::shared_ptr<EVP_PKEY> make_rsa_key(std::string_view modulus, std::string_view exponent) {
  const ErrorQueue errors;
  const Number n = make_number(modulus);
  const Number e = make_number(exponent);
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return make_key("RSA", builder);
}

std::shared_ptr<EVP_PKEY> make_p256_key(std::string_view x, std::string_view y) {
  const ErrorQueue errors;
  const std::string point = '\x04' + std::string(x) + std::string(y);  // uncompressed (SEC 1 2.3.3)
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1) {
    return nullptr;
  }
  return make_key("EC", builder);
}

std::shared_ptr<EVP_PKEY> make_ed25519_key(std::string_view x) {
  const ErrorQueue errors;
  const auto bytes = as_bytes(x);
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size());
  return key == nullptr ? nullptr : std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free);
}

int bits_of(const EVP_PKEY& key) { return EVP_PKEY_get_bits(&key); }

bool verify_rsa(EVP_PKEY& key, std::string_view input, std::string_view signature) {
  return verify(key, EVP_sha256(), input, signature);
}

bool verify_p256(EVP_PKEY& key, std::string_view input, std::string_view signature) {
  if (signature.size() != 64) return false;
  const std::string der = to_der(signature.substr(0, 32), signature.substr(32));
  return !der.empty() && verify(key, EVP_sha256(), input, der);
}

bool verify_ed25519(EVP_PKEY& key, std::string_view input, std::string_view signature) {
  return signature.size() == 64 && verify(key, nullptr, input, signature);
}

}  // namespace signaling::identity
