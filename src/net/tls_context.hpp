#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "net/channel.hpp"
#include "signaling/core/result.hpp"
#include "signaling/net/tls.hpp"

struct ssl_ctx_st;

namespace signaling::net {

struct FreeTlsContext {
  void operator()(ssl_ctx_st* context) const noexcept;
};

/// The certificates of one listener: TLS 1.2 and 1.3, no renegotiation, no compression, session tickets.
///
/// Threads: any. Connections keep what they were made with when the certificates are replaced.
class TlsContext {
 public:
  TlsContext() = default;
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  /// Replaces the certificates. After an error, which names the file, nothing has changed.
  [[nodiscard]] Result<void> load(std::vector<TlsFiles> files);
  /// The files of the last `load` that succeeded.
  std::vector<TlsFiles> files() const;
  /// The server side of a new connection. Null: out of memory.
  SslPointer make_session() const;

 private:
  mutable std::mutex mutex_;
  std::vector<TlsFiles> files_;
  std::unique_ptr<ssl_ctx_st, FreeTlsContext> context_;
};

}  // namespace signaling::net
