#include "core/peer_grace.hpp"

#include <algorithm>

namespace signaling {

template <class Function>
void PeerGrace::set_timer(std::chrono::milliseconds delay, Function function) {
  timer_.cancel();
  timer_.set(delay, [weak = std::weak_ptr(owner_.grace()), function] {
    const auto self = weak.lock();
    if (!self) return;
    self->timer_.passed();
    function(*self);
  });
}

void PeerGrace::count(std::size_t bytes) {
  ++received_;
  new_bytes_ += bytes;
  if (received_ - told_ >= messages_per_acknowledgement || new_bytes_ >= bytes_per_acknowledgement) {
    owner_.acknowledge();
  } else if (!timer_.is_set()) {
    set_timer(time_to_acknowledge, [](PeerGrace& self) { self.owner_.acknowledge(); });
  }
}

std::uint64_t PeerGrace::take_received() noexcept {
  if (!is_away_) timer_.cancel();
  new_bytes_ = 0;
  told_ = received_;
  return received_;
}

void PeerGrace::go_on_from(std::uint64_t received) noexcept {
  received_ = received;
  (void)take_received();
}

void PeerGrace::begin_away(std::chrono::milliseconds quiet) {
  is_away_ = true;
  quiet = std::min<std::chrono::milliseconds>(quiet, time_);
  set_timer(quiet, [quiet](PeerGrace& self) { self.away_long(quiet); });
}

void PeerGrace::away_long(std::chrono::milliseconds quiet) {
  const std::chrono::milliseconds rest = time_ - quiet;
  if (rest.count() <= 0) return owner_.grace_over();
  is_told_ = true;
  set_timer(rest, [](PeerGrace& self) { self.owner_.grace_over(); });
  owner_.tell_away();
}

bool PeerGrace::end_away() noexcept {
  timer_.cancel();
  is_away_ = false;
  return std::exchange(is_told_, false);
}

}  // namespace signaling
