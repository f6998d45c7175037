#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace signaling::socketio {

class NamespaceTransport;

/// The namespaces of all clients that can go on over another connection, by the secret that proves which is the client's
/// (`pid`), and those among them that are without a connection.
///
/// Threads: any.
class Recovery {
 public:
  struct Found {
    std::shared_ptr<NamespaceTransport> transport;  // null: there is none
    boost::asio::any_io_executor executor;          // of the transport
  };

  /// 0 seconds: no client can. 0 away: no bound.
  Recovery(std::chrono::seconds time, std::size_t max_away) : time_(time), max_away_(max_away) {}

  bool is_on() const noexcept { return time_.count() > 0; }
  /// How long a client may be without a connection.
  std::chrono::seconds time() const noexcept { return time_; }

  /// Returns its secret.
  std::string add(const std::shared_ptr<NamespaceTransport>& transport);
  Found find(std::string_view pid) const;
  /// It has no connection, and nobody else keeps it. False: there are too many.
  bool keep(const std::string& pid);
  /// It has a connection, which keeps it.
  void release(const std::string& pid);
  /// It is over.
  void remove(const std::string& pid);
  /// Ends those that are kept.
  void close();

 private:
  struct Entry {
    std::weak_ptr<NamespaceTransport> transport;
    boost::asio::any_io_executor executor;
    std::shared_ptr<NamespaceTransport> kept;  // null: it has a connection
  };

  const std::chrono::seconds time_;
  const std::size_t max_away_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::size_t away_ = 0;
};

}  // namespace signaling::socketio
