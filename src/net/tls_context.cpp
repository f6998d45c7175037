#include "net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <string_view>
#include <utility>

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

std::string cannot_read(std::string_view what, const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    return std::string(what) + ' ' + quoted(file) + " is a directory";
  errno = 0;
  const std::ifstream stream(file);
  if (stream) return {};
  return "cannot read " + std::string(what) + ' ' + quoted(file) + ": " + std::strerror(errno);
}

std::string load_files(SSL_CTX* context, const TlsFiles& files) {
  std::string error = cannot_read("certificate file", files.certificate_chain);
  if (error.empty()) error = cannot_read("key file", files.private_key);
  if (!error.empty()) return error;
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate_chain.c_str()) != 1) {
    return "certificate file " + quoted(files.certificate_chain) + " is not usable" + openssl_reason();
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.private_key.c_str(), SSL_FILETYPE_PEM) == 1) return {};
  if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
      ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH) {
    ERR_clear_error();
    return "the key in " + quoted(files.private_key) + " does not belong to the certificate in " +
           quoted(files.certificate_chain);
  }
  return "key file " + quoted(files.private_key) + " is not usable" + openssl_reason();
}

// The certificates behind the first one. It belongs to the first one's SSL_CTX, which OpenSSL keeps as long
// as a connection uses it: a handshake that began before a reload still finds the old ones.
struct OtherCertificates {
  std::vector<ContextPointer> contexts;
};

void free_others(void*, void* others, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<OtherCertificates*>(others);
}

int others_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_others);
  return index;
}

bool valid_for(SSL_CTX* context, const char* name) noexcept {
  return X509_check_host(SSL_CTX_get0_certificate(context), name, 0, 0, nullptr) == 1;
}

// RFC 6066 3: the certificate for the name the client asks for. A name nobody has gets the first one.
int select_certificate(SSL* ssl, int*, void*) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  SSL_CTX* const first = SSL_get_SSL_CTX(ssl);
  const auto* const others =
      static_cast<const OtherCertificates*>(SSL_CTX_get_ex_data(first, others_index()));
  if (name == nullptr || others == nullptr || valid_for(first, name)) return SSL_TLSEXT_ERR_OK;
  for (const ContextPointer& context : others->contexts) {
    if (!valid_for(context.get(), name)) continue;
    SSL_set_SSL_CTX(ssl, context.get());
    break;
  }
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

void FreeTlsContext::operator()(ssl_ctx_st* context) const noexcept { SSL_CTX_free(context); }

std::string TlsContext::load(std::vector<TlsFiles> files) {
  if (files.empty()) return "no certificate is given";
  ContextPointer first = make_context();
  auto others = std::make_unique<OtherCertificates>();
  std::string error = load_files(first.get(), files.front());
  for (std::size_t i = 1; error.empty() && i < files.size(); ++i) {
    others->contexts.push_back(make_context());
    error = load_files(others->contexts.back().get(), files[i]);
  }
  if (!error.empty()) return error;
  SSL_CTX_set_tlsext_servername_callback(first.get(), &select_certificate);
  if (SSL_CTX_set_ex_data(first.get(), others_index(), others.get()) == 1)
    static_cast<void>(others.release());
  const std::lock_guard lock(mutex_);
  files_ = std::move(files);
  context_ = std::move(first);
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
