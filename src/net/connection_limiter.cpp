#include "net/connection_limiter.hpp"

#include <algorithm>

namespace signaling::net {
namespace {

// One customer of an IPv6 provider has 2^64 addresses: the network counts as one.
boost::asio::ip::address counted_address(const boost::asio::ip::address& address) {
  if (!address.is_v6()) return address;
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return boost::asio::ip::address_v6(bytes);
}

}  // namespace

Admittance ConnectionLimiter::admit(const boost::asio::ip::address& address) {
  const std::size_t before = count_.fetch_add(1, std::memory_order_relaxed);
  const bool room = max_connections_ == 0 || before < max_connections_;
  if (room && admit_address(address)) return Admittance::admitted;
  count_.fetch_sub(1, std::memory_order_relaxed);
  return room ? Admittance::address_full : Admittance::full;
}

bool ConnectionLimiter::admit_address(const boost::asio::ip::address& address) {
  if (max_per_address_ == 0) return true;
  const std::lock_guard lock(mutex_);
  std::size_t& count = per_address_[counted_address(address)];
  if (count >= max_per_address_) return false;
  ++count;
  return true;
}

void ConnectionLimiter::release(const boost::asio::ip::address& address) noexcept {
  count_.fetch_sub(1, std::memory_order_relaxed);
  if (max_per_address_ == 0) return;
  const std::lock_guard lock(mutex_);
  const auto entry = per_address_.find(counted_address(address));
  if (entry != per_address_.end() && --entry->second == 0) per_address_.erase(entry);
}

}  // namespace signaling::net
