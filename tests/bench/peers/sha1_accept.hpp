#pragma once

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <string>
#include <string_view>

namespace bench {

/// The value of Sec-WebSocket-Accept (RFC 6455 4.2.2).
inline std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  unsigned char encoded[32];
  const int size = EVP_EncodeBlock(encoded, digest, SHA_DIGEST_LENGTH);
  return {reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(size)};
}

}  // namespace bench
