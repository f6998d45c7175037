#include "net/shared_deflater.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace signaling::net {

std::span<const std::byte> SharedDeflater::wire(websocket::Connection& connection, const Frame& message,
                                                TimePoint now) {
  if (!connection.compresses(message.size())) return message.wire();
  const Key key{reinterpret_cast<std::uintptr_t>(message.message().data()), connection.shared_window_bits()};
  const auto found = entries_.find(key);
  if (found != entries_.end()) return found->second.wire;
  if (!take(message.size(), now)) return message.wire();
  std::vector<std::byte> wire;
  connection.encode_message(message.kind(), message.message(), wire);
  return entries_.emplace(key, Entry{message, std::move(wire)}).first->second.wire;
}

// An eighth of a second's worth at once, so that no turn of the loop lasts long.
bool SharedDeflater::take(std::size_t bytes, TimePoint now) noexcept {
  if (bytes_per_second_ == 0) return true;
  const auto per_second = static_cast<double>(bytes_per_second_);
  const std::chrono::duration<double> passed = now - refilled_at_;
  budget_ = std::min(per_second / 8, budget_ + passed.count() * per_second);
  refilled_at_ = now;
  if (budget_ < static_cast<double>(bytes)) return false;
  budget_ -= static_cast<double>(bytes);
  return true;
}

}  // namespace signaling::net
