#pragma once

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace signaling::net {

/// Whether there is room for a connection, and if not, whose bound says so.
enum class Admittance : std::uint8_t { admitted, full, address_full };

/// Counts the open connections, in all and per remote address.
///
/// Bounds of 0 are none. Threads: any; without a bound per address there is no lock.
class ConnectionLimiter {
 public:
  ConnectionLimiter(std::size_t max_connections, std::size_t max_per_address) noexcept
      : max_connections_(max_connections), max_per_address_(max_per_address) {}

  /// If admitted: counted, until `release`.
  [[nodiscard]] Admittance admit(const boost::asio::ip::address& address);
  void release(const boost::asio::ip::address& address) noexcept;
  std::size_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

 private:
  bool admit_address(const boost::asio::ip::address& address);

  const std::size_t max_connections_;
  const std::size_t max_per_address_;
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::unordered_map<boost::asio::ip::address, std::size_t> per_address_;
};

}  // namespace signaling::net
