#include "net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signaling::net {
namespace {

using ContextPointer = std::unique_ptr<SSL_CTX, FreeTlsContext>;

constexpr std::string_view session_context = "signaling";
constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// HTTP/1.1 is what is spoken here, whatever else the client would like (RFC 7301 3.2).
int select_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  static constexpr unsigned char http11[] = "\x08http/1.1";
  unsigned char* match = nullptr;
  const int found = SSL_select_next_proto(&match, size, http11, sizeof http11 - 1, offered, offered_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *chosen = match;
  return SSL_TLSEXT_ERR_OK;
}

// An encrypted key must not make OpenSSL ask for its passphrase on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

ContextPointer make_context() {
  ContextPointer context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw std::bad_alloc();
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, tls12_ciphers);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(
      raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(raw, 1);
  // Tickets carry the session to the client; a cache here would only grow.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_session_id_context(raw, reinterpret_cast<const unsigned char*>(session_context.data()),
                                 static_cast<unsigned>(session_context.size()));
  SSL_CTX_set_alpn_select_cb(raw, select_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(raw, no_passphrase);
  return context;
}

std::string quoted(const std::filesystem::path& file) { return '"' + file.string() + '"'; }

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? std::string(": ") + reason : std::string();
}

Failure unusable(std::string message) {
  return {std::make_error_code(std::errc::invalid_argument), std::move(message)};
}

Result<void> check_readable(std::string_view what, const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return Failure{std::make_error_code(std::errc::is_a_directory),
                   std::string(what) + ' ' + quoted(file) + " is a directory"};
  }
  errno = 0;
  const std::ifstream stream(file);
  if (stream) return {};
  error.assign(errno, std::system_category());
  return Failure{error, "cannot read " + std::string(what) + ' ' + quoted(file) + ": " + error.message()};
}

Result<void> load_files(SSL_CTX* context, const TlsFiles& files) {
  if (auto readable = check_readable("certificate file", files.certificate_chain); !readable) return readable;
  if (auto readable = check_readable("key file", files.private_key); !readable) return readable;
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate_chain.c_str()) != 1) {
    return unusable("certificate file " + quoted(files.certificate_chain) + " is not usable" +
                    openssl_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.private_key.c_str(), SSL_FILETYPE_PEM) == 1) return {};
  if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
      ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH) {
    ERR_clear_error();
    return unusable("the key in " + quoted(files.private_key) + " does not belong to the certificate in " +
                    quoted(files.certificate_chain));
  }
  return unusable("key file " + quoted(files.private_key) + " is not usable" + openssl_reason());
}

// A certificate in a context of its own, which OpenSSL has read and checked.
struct Certificate {
  ContextPointer context;

  X509* leaf() const { return SSL_CTX_get0_certificate(context.get()); }
  EVP_PKEY* key() const { return SSL_CTX_get0_privatekey(context.get()); }
  int key_type() const { return EVP_PKEY_get_base_id(key()); }
  bool is_for(const char* name) const { return X509_check_host(leaf(), name, 0, 0, nullptr) == 1; }
};

// It belongs to the SSL_CTX of the connections, which OpenSSL keeps as long as one uses it: a handshake that began before a
// reload still finds the old ones.
using Certificates = std::vector<Certificate>;

void free_certificates(void*, void* certificates, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<Certificates*>(certificates);
}

int certificates_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_certificates);
  return index;
}

bool use(SSL* ssl, const Certificate& certificate) {
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(certificate.context.get(), &chain);
  return SSL_use_cert_and_key(ssl, certificate.leaf(), certificate.key(), chain, 1) == 1;
}

// A name that both are valid for: what they are shown for when the client names none.
bool share_a_name(const Certificate& a, const Certificate& b) {
  auto* const names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(a.leaf(), NID_subject_alt_name, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    const auto* const text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    found =
        b.is_for(std::string(text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))).c_str());
  }
  GENERAL_NAMES_free(names);
  return found;
}

// RFC 6066 3: the certificate for the name the client asks for; a name nobody has gets the first one. Of certificates
// for one name with keys of several types, OpenSSL chooses by the algorithms of the client.
int select_certificates(SSL* ssl, void* argument) {
  const auto& all = *static_cast<const Certificates*>(argument);
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const auto is_asked_for = [name](const Certificate& each) { return name != nullptr && each.is_for(name); };
  const auto found = std::ranges::find_if(all, is_asked_for);
  const Certificate& main = found != all.end() ? *found : all.front();
  SSL_certs_clear(ssl);
  std::vector<int> types{main.key_type()};
  if (!use(ssl, main)) return 0;
  for (const Certificate& each : all) {
    if (std::ranges::find(types, each.key_type()) != types.end()) continue;
    if (found != all.end() ? !is_asked_for(each) : !share_a_name(main, each)) continue;
    if (!use(ssl, each)) return 0;
    types.push_back(each.key_type());
  }
  return 1;
}

}  // namespace

void FreeTlsContext::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

Result<void> TlsContext::load(std::vector<TlsFiles> files) {
  if (files.empty()) return unusable("no certificate is given");
  auto certificates = std::make_unique<Certificates>();
  for (const TlsFiles& each : files) {
    certificates->push_back({make_context()});
    if (auto loaded = load_files(certificates->back().context.get(), each); !loaded) return loaded;
  }
  ContextPointer context = make_context();
  if (auto loaded = load_files(context.get(), files.front()); !loaded) return loaded;
  if (certificates->size() > 1) {
    SSL_CTX_set_cert_cb(context.get(), &select_certificates, certificates.get());
    if (SSL_CTX_set_ex_data(context.get(), certificates_index(), certificates.get()) != 1)
      throw std::bad_alloc();
    static_cast<void>(certificates.release());
  }
  const std::lock_guard lock(mutex_);
  files_ = std::move(files);
  context_ = std::move(context);
  return {};
}

std::vector<TlsFiles> TlsContext::files() const {
  const std::lock_guard lock(mutex_);
  return files_;
}

SslPointer TlsContext::make_session() const {
  const std::lock_guard lock(mutex_);
  return SslPointer(SSL_new(context_.get()));
}

}  // namespace signaling::net
