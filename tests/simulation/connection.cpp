#include "simulation/connection.hpp"

#include <utility>

#include "simulation/wire_language.hpp"

namespace signaling::simulation {

void Connection::connect(ConnectInfo info, Mutant mutant) {
  process_->enter([self = shared_from_this(), info = std::move(info), mutant] {
    self->link_ = self->process_->router().connect(*self, std::make_unique<WireProtocol>(mutant), info);
  });
}

void Connection::say(std::string line) {
  if (is_over_ || process_ == nullptr || messages_left_ == 0) return;
  process_->enter([self = shared_from_this(), line = std::move(line)] {
    self->link_.receive({MessageKind::text, line});
  });
}

void Connection::end(Scheduler& scheduler, milliseconds delay, CloseReason reason) {
  scheduler.after(delay, [self = shared_from_this(), reason] {
    if (self->process_ == nullptr) return;
    self->process_->enter([self, reason] { self->tell_disconnected(reason); });
  });
}

void Connection::process_gone() {
  tell_disconnected(CloseReason::lost);
  process_ = nullptr;
  if (!std::exchange(is_over_, true)) hooks_.closed(CloseReason::lost);
}

void Connection::tell_disconnected(CloseReason reason) {
  link_.disconnect(reason);
  if (!std::exchange(has_ended_, true)) hooks_.ended();
}

bool Connection::takes_one() noexcept {
  if (is_over_ || messages_left_ == 0) return false;
  if (messages_left_) --*messages_left_;
  return true;
}

void Connection::write(std::span<const Frame> frames) {
  std::size_t bytes = 0;
  for (const Frame& frame : frames) {
    bytes += frame.size();
    if (takes_one()) hooks_.heard(frame.text_view());
  }
  // Nobody takes what is written to a connection that is cut and does not know it.
  if (!is_stuck_ && !is_over_ && messages_left_ != 0) link_.written(bytes);
}

void Connection::close(CloseReason reason) {
  const bool is_news = !std::exchange(is_over_, true);
  tell_disconnected(reason);
  // Through a broken connection comes no reason.
  if (is_news) hooks_.closed(messages_left_ == 0 ? CloseReason::lost : reason);
}

}  // namespace signaling::simulation
