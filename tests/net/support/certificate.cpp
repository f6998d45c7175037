#include "net/support/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>

namespace signaling::net::testing {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

void add_host(X509* certificate, const std::string& host) {
  X509_NAME* const name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(host.c_str()),
                             -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_EXTENSION* const alternative =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str());
  X509_add_ext(certificate, alternative, -1);
  X509_EXTENSION_free(alternative);
}

}  // namespace

TlsFiles make_certificate(const TemporaryFolder& folder, const std::string& host,
                          const std::string& file_name, KeyType type) {
  const std::unique_ptr<EVP_PKEY, Free> key(type == KeyType::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, Free> certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  add_host(certificate.get(), host);
  X509_sign(certificate.get(), key.get(), EVP_sha256());

  const TlsFiles files{folder.path() / (file_name + ".crt"), folder.path() / (file_name + ".key")};
  const std::unique_ptr<std::FILE, Free> certificate_file(std::fopen(files.certificate_chain.c_str(), "w"));
  PEM_write_X509(certificate_file.get(), certificate.get());
  const std::unique_ptr<std::FILE, Free> key_file(std::fopen(files.private_key.c_str(), "w"));
  PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return files;
}

}  // namespace signaling::net::testing
