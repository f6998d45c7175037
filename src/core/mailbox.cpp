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

SendResult Mailbox::push(std::span<const Frame> frames, Delivery delivery, Wakes& wakes) noexcept {
  const Taken taken = take_in(frames, delivery);
  if (taken.was_idle) {
    wakes.schedule(loop_, owner_.mailbox());
  } else {
    wakes.retry(loop_);
  }
  return taken.result;
}

SendResult Mailbox::push(std::span<const Frame> frames, Delivery delivery) {
  Wakes wakes;
  return push(frames, delivery, wakes);
}

SendResult Mailbox::push(EncodedEvent& encoded, Delivery delivery) {
  encoded.add(encoder_);
  const std::span<const Frame> frames = *encoded.find(encoder_.get());
  // No frame: this peer's language has no word for it.
  if (frames.empty()) return {SendStatus::dropped, errc::unknown_type};
  return push(frames, delivery);
}

void Mailbox::tell(const Event& event, Delivery delivery) {
  ReusedFrames frames;
  encoder_->encode(event, *frames);
  if (!(*frames).empty()) (void)push(*frames, delivery);
}

Mailbox::Taken Mailbox::take_in(std::span<const Frame> frames, Delivery delivery) noexcept {
  const std::size_t bytes = bytes_of(frames);
  const std::scoped_lock lock(mutex_);
  if (is_shut_ || closing_) return {{SendStatus::dropped, errc::closed}};
  CloseReason failure = CloseReason::slow_consumer;
  if (has_room(bytes, delivery)) {
    try {
      frames_.insert(frames_.end(), frames.begin(), frames.end());
      queued_ += bytes;
      const bool is_behind = in_flight_ != 0;
      return {{is_behind ? SendStatus::queued : SendStatus::sent}, !std::exchange(is_scheduled_, true)};
    } catch (const std::bad_alloc&) {
      failure = CloseReason::internal;
    }
  }
  const errc error = failure == CloseReason::internal ? errc::internal : errc::slow_consumer;
  return {{SendStatus::dropped, error}, delivery == Delivery::reliable && begin_close(failure)};
}

bool Mailbox::has_room(std::size_t bytes, Delivery delivery) const noexcept {
  const std::size_t waiting = queued_ + in_flight_;
  const std::size_t max_bytes = limits_.get().max_outbound_bytes;
  // An empty mailbox takes any message: it was within the limit for messages.
  if (max_bytes == 0 || waiting == 0) return true;
  // A message that may be lost leaves the second half of the queue to those that may not.
  return waiting + bytes <= (delivery == Delivery::volatile_ ? max_bytes / 2 : max_bytes);
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
}

void Mailbox::disconnect() {
  transport_ = nullptr;
  shut();
}

void Mailbox::shut() {
  std::vector<Frame> dropped;
  const std::scoped_lock lock(mutex_);
  is_shut_ = true;
  dropped.swap(frames_);
  queued_ = 0;
  in_flight_ = 0;
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
}

}  // namespace signaling
