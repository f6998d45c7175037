#pragma once

#include <string>

#include "net/support/test_server.hpp"
#include "signaling/net/tls.hpp"

namespace signaling::net::testing {

enum class KeyType : bool { ecdsa, rsa };

/// Makes a key and a certificate for `host` that it signs itself, and writes both to `folder`.
TlsFiles make_certificate(const TemporaryFolder& folder, const std::string& host,
                          const std::string& file_name, KeyType type = KeyType::ecdsa);

}  // namespace signaling::net::testing
