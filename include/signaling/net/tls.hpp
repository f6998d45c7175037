#pragma once

#include <filesystem>

#include "signaling/text/export.hpp"

namespace signaling::net {

/// One certificate, as PEM files.
struct SIGNALING_API TlsFiles {
  /// The server's certificate first, then those that lead to its root.
  std::filesystem::path certificate_chain;
  /// Its private key, without a passphrase.
  std::filesystem::path private_key;
};

}  // namespace signaling::net
