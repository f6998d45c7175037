// Path 8/8: the frames of one peer gather here until its loop has them written at once. Next: core/loop.cpp
#include "core/mailbox.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace signaling {
namespace {

// A burst's memory is not kept by a peer that has gone quiet.
constexpr std::size_t max_idle_capacity = 32;

std::size_t bytes_of(std::span<const Frame> frames) noexcept {
  std::size_t bytes = 0;
  for (const Frame& frame : frames) bytes += frame.size();
  return bytes;
}

std::size_t most_bytes(std::size_t limit, IfFull if_full) noexcept {
  switch (if_full) {
    case IfFull::drop_early: return limit / 2;
    case IfFull::refuse: return Mailbox::message_factor * limit;
    case IfFull::close: break;
  }
  return Mailbox::event_factor * limit;
}

}  // namespace

Mailbox::Mailbox(Owner& owner, std::shared_ptr<Loop> loop, Transport& transport,
                 std::shared_ptr<const Encoder> encoder, std::uint8_t protocol_number,
                 const CurrentLimits& limits)
    : owner_(owner),
      loop_(std::move(loop)),
      transport_(&transport),
      encoder_(std::move(encoder)),
      limits_(limits),
      protocol_number_(protocol_number) {}

Mailbox::~Mailbox() = default;

void Mailbox::address(PeerId id, Epoch epoch) {
  id_ = std::move(id);
  epoch_ = epoch;
}

SendResult Mailbox::push(std::span<const Frame> frames, IfFull if_full, Wakes& wakes) noexcept {
  const Taken taken = take_in(frames, if_full);
  if (taken.was_idle) {
    wakes.schedule(loop_, owner_.mailbox());
  } else {
    wakes.retry(loop_);
  }
  return taken.result;
}

SendResult Mailbox::push(std::span<const Frame> frames, IfFull if_full) {
  Wakes wakes;
  return push(frames, if_full, wakes);
}

SendResult Mailbox::push(EncodedEvent& encoded, IfFull if_full) {
  encoded.add(encoder_);
  const std::span<const Frame> frames = *encoded.find(encoder_.get());
  // No frame: this peer's language has no word for it.
  if (frames.empty()) return {SendStatus::dropped, errc::unknown_type};
  return push(frames, if_full);
}

void Mailbox::tell(const Event& event, IfFull if_full) {
  ReusedFrames frames;
  encoder_->encode(event, *frames);
  if (!(*frames).empty()) (void)push(*frames, if_full);
}

Mailbox::Taken Mailbox::take_in(std::span<const Frame> frames, IfFull if_full) noexcept {
  const std::size_t bytes = bytes_of(frames);
  const std::scoped_lock lock(mutex_);
  if (is_shut_ || closing_) return {{SendStatus::dropped, errc::closed}};
  const std::size_t limit = limits_.get().max_outbound_bytes;
  const std::size_t waiting = queued_ + in_flight_;
  // An empty mailbox takes any message: it was within the limit for messages.
  if (limit != 0 && waiting != 0 && waiting + bytes > most_bytes(limit, if_full)) {
    const bool is_end = if_full == IfFull::close && begin_close(CloseReason::slow_consumer);
    return {{SendStatus::dropped, errc::slow_consumer}, is_end};
  }
  try {
    frames_.insert(frames_.end(), frames.begin(), frames.end());
  } catch (const std::bad_alloc&) {
    const bool is_end = if_full != IfFull::drop_early && begin_close(CloseReason::internal);
    return {{SendStatus::dropped, errc::internal}, is_end};
  }
  queued_ += bytes;
  SendStatus status = in_flight_ != 0 ? SendStatus::queued : SendStatus::sent;
  if (limit != 0 && waiting + bytes > limit) {
    is_crowded_.store(true, std::memory_order_relaxed);
    if (waiting != 0) status = SendStatus::crowded;
  }
  return {{status}, !std::exchange(is_scheduled_, true)};
}

void Mailbox::end_crowd() noexcept {
  const std::size_t limit = limits_.get().max_outbound_bytes;
  if (limit == 0 || queued_ + in_flight_ <= limit) is_crowded_.store(false, std::memory_order_relaxed);
}

bool Mailbox::begin_close(CloseReason reason) noexcept {
  closing_ = reason;
  return !std::exchange(is_scheduled_, true);
}

void Mailbox::close(CloseReason reason) {
  Wakes wakes;
  const std::scoped_lock lock(mutex_);
  if (is_shut_ || closing_) return;
  if (begin_close(reason)) wakes.schedule(loop_, owner_.mailbox());
}

std::size_t Mailbox::bytes() const {
  const std::scoped_lock lock(mutex_);
  return queued_ + in_flight_;
}

void Mailbox::written(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  in_flight_ -= std::min(bytes, in_flight_);
  if (is_crowded()) end_crowd();
  if (watch_) watch_->written += bytes;
}

void Mailbox::watch() {
  auto watch = std::make_unique<Watch>();
  watch->deadline = loop_->deadlines()->set(patience, [weak = std::weak_ptr(owner_.mailbox())] {
    if (const auto self = weak.lock()) self->end_of_watch();
  });
  const std::scoped_lock lock(mutex_);
  watch_ = std::move(watch);
}

void Mailbox::end_of_watch() {
  bool is_still_crowded = false;
  bool is_slow = false;
  {
    const std::scoped_lock lock(mutex_);
    const auto watch = std::exchange(watch_, nullptr);
    is_still_crowded = is_crowded() && !is_shut_;
    is_slow = is_still_crowded && watch->written < limits_.get().max_outbound_bytes / progress_divisor;
  }
  if (is_slow) return close(CloseReason::slow_consumer);
  if (is_still_crowded) watch();
}

void Mailbox::stop_watching() {
  std::unique_ptr<Watch> watch;
  {
    const std::scoped_lock lock(mutex_);
    watch.swap(watch_);
  }
  if (watch) loop_->deadlines()->cancel(watch->deadline);
}

void Mailbox::disconnect() {
  transport_ = nullptr;
  stop_watching();
  shut();
}

void Mailbox::shut() {
  std::vector<Frame> dropped;
  const std::scoped_lock lock(mutex_);
  is_shut_ = true;
  dropped.swap(frames_);
  queued_ = 0;
  in_flight_ = 0;
  is_crowded_.store(false, std::memory_order_relaxed);
}

// The memory of the vectors goes round among the peers of a loop.
std::optional<CloseReason> Mailbox::take_out(std::vector<Frame>& frames) {
  const std::scoped_lock lock(mutex_);
  is_scheduled_ = false;
  frames_.swap(frames);
  if (frames_.capacity() > max_idle_capacity) std::vector<Frame>().swap(frames_);
  in_flight_ += std::exchange(queued_, 0);
  // Nothing came after the end was asked for.
  if (closing_) is_shut_ = true;
  return std::exchange(closing_, std::nullopt);
}

void Mailbox::flush(std::vector<Frame>& frames) {
  auto closing = take_out(frames);
  std::exception_ptr failure;
  if (transport_ != nullptr && !frames.empty()) {
    traffic().sent(frames.size(), bytes_of(frames));
    try {
      transport_->write(frames);
    } catch (...) {
      failure = std::current_exception();
      // Nobody knows what the transport has taken before it threw.
      if (!closing) {
        closing = CloseReason::internal;
        shut();
      }
    }
  }
  if (closing) {
    owner_.ended(*closing);
    if (transport_ != nullptr) transport_->close(*closing);
  }
  if (failure) std::rethrow_exception(failure);
  // Other threads only look at the watch.
  if (is_crowded() && !watch_ && !closing && transport_ != nullptr) watch();
}

}  // namespace signaling
