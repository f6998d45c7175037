#include "simulation/life.hpp"

#include <utility>

#include "simulation/wire_language.hpp"

namespace signaling::simulation {

void Life::connect(std::string id, std::string secret) {
  process_->enter([self = shared_from_this(), id = std::move(id), secret = std::move(secret)] {
    ConnectInfo info;
    info.wished_id = id;
    info.resume = secret;
    self->link_ = self->process_->router().connect(*self, std::make_unique<WireProtocol>(), info);
  });
}

void Life::say(std::string line) {
  if (is_over_ || process_ == nullptr) return;
  process_->enter([self = shared_from_this(), line = std::move(line)] {
    self->link_.receive({MessageKind::text, line});
  });
}

void Life::cut(Scheduler& scheduler, milliseconds delay) {
  is_over_ = true;
  scheduler.after(delay, [self = shared_from_this()] {
    if (self->process_ == nullptr) return;
    self->process_->enter([self] { self->tell_disconnected(CloseReason::lost); });
  });
}

void Life::process_gone() {
  tell_disconnected(CloseReason::lost);
  process_ = nullptr;
  if (!std::exchange(is_over_, true)) hooks_.closed(number_, CloseReason::lost);
}

void Life::tell_disconnected(CloseReason reason) { link_.disconnect(reason); }

void Life::write(std::span<const Frame> frames) {
  std::size_t bytes = 0;
  for (const Frame& frame : frames) {
    bytes += frame.size();
    if (!is_over_) hooks_.heard(number_, frame.text_view());
  }
  // Nobody takes what is written to a connection that is cut and does not know it.
  if (!is_stuck_ && !is_over_) link_.written(bytes);
}

void Life::close(CloseReason reason) {
  if (!std::exchange(is_over_, true)) hooks_.closed(number_, reason);
  tell_disconnected(reason);
}

}  // namespace signaling::simulation
