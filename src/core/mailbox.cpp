// Path 8/8: the frames of one peer gather here until its loop has them written at once. Next: core/loop.cpp
#include "core/mailbox.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <new>
#include <type_traits>
#include <utility>

#include "core/close_intent.hpp"

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
    case IfFull::refuse_half: return Mailbox::message_factor / 2 * limit;
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

Mailbox::Mailbox(Owner& owner, std::shared_ptr<Loop> loop, std::shared_ptr<const Encoder> encoder,
                 std::uint8_t protocol_number, const CurrentLimits& limits)
    : owner_(owner),
      loop_(std::move(loop)),
      transport_(nullptr),
      encoder_(std::move(encoder)),
      limits_(limits),
      protocol_number_(protocol_number),
      is_away_(true) {}

Mailbox::Mailbox(Owner& owner, std::shared_ptr<Loop> loop, std::shared_ptr<EventReceiver> receiver,
                 std::uint8_t protocol_number, const CurrentLimits& limits)
    : owner_(owner),
      loop_(std::move(loop)),
      transport_(nullptr),
      local_(std::make_unique<Local>(Local{std::move(receiver), {}})),
      limits_(limits),
      protocol_number_(protocol_number) {}

Mailbox::~Mailbox() = default;

void Mailbox::address(PeerId id, Epoch epoch) {
  id_ = std::move(id);
  epoch_ = epoch;
}

SendResult Mailbox::push(const EncodedEvent::Form& form, IfFull if_full, Wakes& wakes) noexcept {
  // This peer's language has no word for it.
  if (form.is_empty()) return {SendStatus::dropped, errc::unknown_type};
  if (!local_) return schedule(take_in(form.frames, form.bytes, if_full), wakes);
  return schedule(take_in(form.bytes, 0, if_full, [&] { local_->events.push_back(form.event); }), wakes);
}

SendResult Mailbox::push(EncodedEvent& encoded, IfFull if_full) {
  encoded.add(encoder_);
  Wakes wakes;
  return push(*encoded.find(encoder_.get()), if_full, wakes);
}

SendResult Mailbox::push(std::span<const Frame> frames, IfFull if_full) {
  Wakes wakes;
  return schedule(take_in(frames, bytes_of(frames), if_full), wakes);
}

void Mailbox::tell(const Event& event, IfFull if_full) {
  EncodedEvent encoded(event);
  (void)push(encoded, if_full);
}

void Mailbox::tell_list(const Event& list) {
  EncodedEvent encoded(list);
  (void)push(encoded, IfFull::close);
  add_caused(encoded.find(encoder_.get())->bytes);
}

SendResult Mailbox::schedule(const Taken& taken, Wakes& wakes) noexcept {
  if (taken.was_idle) {
    wakes.schedule(loop_, owner_.mailbox());
  } else {
    wakes.retry(loop_);
  }
  return taken.result;
}

Mailbox::Taken Mailbox::take_in(std::span<const Frame> frames, std::size_t bytes, IfFull if_full) noexcept {
  if (!frames.empty() && frames.back().close_status()) {
    return take_last(frames.first(frames.size() - 1), frames.back());
  }
  if (frames.size() == 1 && frames[0].probe_time()) return take_probe(frames[0]);
  const std::uint8_t state = frames.size() == 1 ? frames[0].state() : 0;
  return take_in(bytes, state, if_full, [&] { frames_.insert(frames_.end(), frames.begin(), frames.end()); });
}

// What a client is told at its end is little, and nothing comes behind it: no bound applies.
Mailbox::Taken Mailbox::take_last(std::span<const Frame> frames, const Frame& close) noexcept {
  const std::scoped_lock lock(mutex_);
  if (is_ending()) return {{SendStatus::dropped, errc::closed}};
  try {
    frames_.insert(frames_.end(), frames.begin(), frames.end());
  } catch (const std::bad_alloc&) {
    return {{SendStatus::dropped, errc::internal}, begin_close(CloseReason::internal)};
  }
  queued_ += bytes_of(frames);
  close_ = close;
  return {{SendStatus::sent}, begin_close(CloseReason::normal)};
}

// Takes no room: a newer one replaces it.
Mailbox::Taken Mailbox::take_probe(const Frame& probe) noexcept {
  const std::scoped_lock lock(mutex_);
  if (is_shut_ || closing_ || is_away_) return {{SendStatus::dropped, errc::closed}};
  probe_ = probe;
  return {{SendStatus::sent}, !std::exchange(is_scheduled_, true)};
}

// A message that is behind the older one may need it: its sender may have joined with that, or leave with the newer.
void Mailbox::drop_state(std::uint8_t state) noexcept {
  if (frames_.empty() || frames_.back().state() != state) return;
  queued_ -= frames_.back().size();
  frames_.pop_back();
}

template <class Append>
Mailbox::Taken Mailbox::take_in(std::size_t bytes, std::uint8_t state, IfFull if_full,
                                Append append) noexcept {
  const std::scoped_lock lock(mutex_);
  if (is_ending()) {
    if (if_full != IfFull::drop_early) ++dropped_;
    return {{SendStatus::dropped, errc::closed}};
  }
  if (state != 0) drop_state(state);
  const std::size_t limit = limits_.get().max_outbound_bytes;
  const std::size_t waiting = queued_ + in_flight_;
  if (is_away_ && !may_wait_away(bytes, if_full, waiting))
    return {{SendStatus::dropped, errc::slow_consumer}};
  if (is_suspended_ && if_full == IfFull::drop_early) return {{SendStatus::dropped, errc::slow_consumer}};
  // An empty mailbox takes any message: it was within the limit for messages.
  if (limit != 0 && waiting != 0 && waiting + bytes > most_bytes(limit, if_full)) {
    const bool is_end = if_full == IfFull::close && begin_close(CloseReason::slow_consumer);
    if (is_end) ++dropped_;
    return {{SendStatus::dropped, errc::slow_consumer}, is_end};
  }
  try {
    append();
  } catch (const std::bad_alloc&) {
    if (is_away_) ++dropped_;
    const bool is_end = !is_away_ && if_full != IfFull::drop_early && begin_close(CloseReason::internal);
    return {{SendStatus::dropped, errc::internal}, is_end};
  }
  queued_ += bytes;
  if (is_away_) return {{SendStatus::queued}};
  SendStatus status = in_flight_ != 0 || is_suspended_ ? SendStatus::queued : SendStatus::sent;
  if (limit != 0 && waiting + bytes > limit) {
    is_crowded_.store(true, std::memory_order_relaxed);
    if (waiting != 0) status = SendStatus::crowded;
  }
  return {{status}, !std::exchange(is_scheduled_, true)};
}

// Nobody reads, so nobody is too slow. What is refused, its sender knows of; what nobody else knows of, the client is told.
bool Mailbox::may_wait_away(std::size_t bytes, IfFull if_full, std::size_t waiting) noexcept {
  if (if_full == IfFull::drop_early) return false;
  const std::size_t limit = limits_.get().max_outbound_bytes;
  if (limit == 0 || waiting == 0 || waiting + bytes <= limit) return true;
  if (if_full == IfFull::close) ++dropped_;
  return false;
}

void Mailbox::end_crowd() noexcept {
  const std::size_t limit = limits_.get().max_outbound_bytes;
  if (limit == 0 || queued_ + in_flight_ <= limit) is_crowded_.store(false, std::memory_order_relaxed);
}

bool Mailbox::begin_close(CloseReason reason) noexcept {
  closing_ = reason;
  is_link_end_ = false;
  return !std::exchange(is_scheduled_, true);
}

void Mailbox::close(CloseReason reason) {
  Wakes wakes;
  const std::scoped_lock lock(mutex_);
  if (is_ending()) return;
  if (begin_close(reason)) wakes.schedule(loop_, owner_.mailbox());
}

void Mailbox::end_link(CloseReason reason) {
  Wakes wakes;
  const std::scoped_lock lock(mutex_);
  if (is_shut_ || closing_) return;
  if (begin_close(reason)) wakes.schedule(loop_, owner_.mailbox());
  is_link_end_ = true;
}

std::size_t Mailbox::bytes() const {
  const std::scoped_lock lock(mutex_);
  return queued_ + in_flight_;
}

bool Mailbox::is_over_messages() const {
  const std::size_t limit = limits_.get().max_outbound_bytes;
  return limit != 0 && is_crowded() && bytes() > message_factor * limit;
}

void Mailbox::hold_back(std::chrono::milliseconds time) noexcept {
  auto held = hold_.load(std::memory_order_relaxed);
  while (held < time && !hold_.compare_exchange_weak(held, time, std::memory_order_relaxed)) {
  }
}

std::chrono::milliseconds Mailbox::take_hold() noexcept {
  constexpr std::chrono::milliseconds none{0};
  return hold_.load(std::memory_order_relaxed) == none ? none
                                                       : hold_.exchange(none, std::memory_order_relaxed);
}

std::chrono::milliseconds Mailbox::hold_for_event() const {
  const std::size_t limit = limits_.get().max_outbound_bytes;
  if (limit == 0) return std::chrono::milliseconds(0);
  const std::size_t times = std::clamp(bytes() / limit, message_factor, event_factor) - message_factor;
  return std::min(least_hold * (1 << times), patience);
}

void Mailbox::written(std::size_t bytes) {
  Wakes wakes;
  const std::scoped_lock lock(mutex_);
  in_flight_ -= std::min(bytes, in_flight_);
  if (is_crowded()) end_crowd();
  if (watch_) watch_->written += bytes;
  // Nobody else flushes what was kept back.
  const bool has_kept = queued_ != 0 && !is_scheduled_ && !is_shut_;
  if (has_kept && in_flight_ <= limits_.get().max_outbound_bytes) {
    is_scheduled_ = true;
    wakes.schedule(loop_, owner_.mailbox());
  }
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
  if (local_) local_->receiver.reset();
  stop_watching();
  shut();
}

void Mailbox::set_log(bool is_kept) {
  if (is_kept == (log_ != nullptr)) return;
  log_ = is_kept ? std::make_unique<SessionLog>() : nullptr;
}

void Mailbox::detach() {
  transport_ = nullptr;
  stop_watching();
  const std::scoped_lock lock(mutex_);
  is_away_ = true;
  is_shut_ = false;
  // An end that somebody has meant still comes.
  if (closing_ && (is_unintended(*closing_) || is_link_end_)) closing_.reset();
  in_flight_ = 0;
  is_crowded_.store(false, std::memory_order_relaxed);
}

void Mailbox::set_suspended(bool is_suspended) {
  const std::scoped_lock lock(mutex_);
  is_suspended_ = is_suspended;
}

void Mailbox::miss() noexcept {
  const std::scoped_lock lock(mutex_);
  ++dropped_;
}

std::uint64_t Mailbox::dropped() const {
  const std::scoped_lock lock(mutex_);
  return dropped_;
}

// Under the lock.
void Mailbox::drop_waiting(FrameUse use) noexcept {
  std::erase_if(frames_, [use](const Frame& frame) { return frame.use() == use; });
  queued_ = bytes_of(frames_);
}

std::vector<Frame> Mailbox::take_ahead_of_lists() {
  const std::scoped_lock lock(mutex_);
  drop_waiting(FrameUse::change);
  auto taken = take_room_frames(frames_);
  queued_ = bytes_of(frames_);
  return taken;
}

std::vector<Frame> Mailbox::take_waiting() {
  const std::scoped_lock lock(mutex_);
  drop_waiting(FrameUse::link);
  queued_ = 0;
  return std::exchange(frames_, {});
}

void Mailbox::adopt(std::vector<Frame> earlier, std::uint64_t dropped) {
  const std::scoped_lock lock(mutex_);
  queued_ += bytes_of(earlier);
  frames_.insert(frames_.begin(), std::make_move_iterator(earlier.begin()),
                 std::make_move_iterator(earlier.end()));
  dropped_ += static_cast<std::uint32_t>(dropped);
}

void Mailbox::attach(Transport& transport, std::vector<Frame> first) {
  Wakes wakes;
  const std::scoped_lock lock(mutex_);
  drop_waiting(FrameUse::link);
  frames_.insert(frames_.begin(), std::make_move_iterator(first.begin()),
                 std::make_move_iterator(first.end()));
  queued_ = bytes_of(frames_);
  transport_ = &transport;
  is_away_ = false;
  dropped_ = 0;
  const std::size_t limit = limits_.get().max_outbound_bytes;
  is_crowded_.store(limit != 0 && queued_ > limit, std::memory_order_relaxed);
  if (!std::exchange(is_scheduled_, true)) wakes.schedule(loop_, owner_.mailbox());
}

void Mailbox::shut() {
  std::vector<Frame> frames;
  Events events;
  const std::scoped_lock lock(mutex_);
  is_shut_ = true;
  frames.swap(frames_);
  if (local_) events.swap(local_->events);
  queued_ = 0;
  in_flight_ = 0;
  is_crowded_.store(false, std::memory_order_relaxed);
}

// The memory of the vectors of frames goes round among the peers of a loop.
template <class Items>
std::optional<CloseReason> Mailbox::take_out(Items& own, Items& taken) {
  const std::scoped_lock lock(mutex_);
  is_scheduled_ = false;
  // What waits is for the next transport.
  if (is_away_ && !closing_) return std::nullopt;
  if (probe_) due_probe_ = std::move(probe_);
  own.swap(taken);
  if (own.capacity() > max_idle_capacity) Items().swap(own);
  in_flight_ += std::exchange(queued_, 0);
  if constexpr (std::is_same_v<Items, std::vector<Frame>>) keep_states_back(taken);
  // Nothing came after the end was asked for.
  if (is_ending()) is_shut_ = true;
  return std::exchange(closing_, std::nullopt);
}

void Mailbox::keep_states_back(std::vector<Frame>& frames) {
  const std::size_t limit = limits_.get().max_outbound_bytes;
  if (limit == 0 || in_flight_ <= limit || closing_) return;
  const auto first =
      std::find_if(frames.begin(), frames.end(), [](const Frame& frame) { return frame.state() != 0; });
  const std::size_t bytes = bytes_of({first, frames.end()});
  if (in_flight_ - bytes <= limit) return;
  try {
    frames_.insert(frames_.end(), first, frames.end());
  } catch (const std::bad_alloc&) {
    return;  // then they are not kept back
  }
  frames.erase(first, frames.end());
  in_flight_ -= bytes;
  queued_ += bytes;
}

void Mailbox::flush(std::vector<Frame>& frames) {
  if (local_) return flush_events();
  auto closing = take_out(frames_, frames);
  std::exception_ptr failure;
  if (transport_ != nullptr && !frames.empty()) {
    traffic().sent(frames.size(), bytes_of(frames));
    if (log_) log_->sent(frames, limits_.get().max_unacknowledged_bytes);
    try {
      transport_->write(frames);
    } catch (...) {
      failure = std::current_exception();
      // Nobody knows what the transport has taken before it threw.
      if (!closing) {
        closing = CloseReason::internal;
        if (!log_) shut();
      }
    }
  }
  if (closing) {
    owner_.ended(*closing);
    close_transport(*closing);
  } else {
    probe_transport();
  }
  if (failure) std::rethrow_exception(failure);
  // Other threads only look at the watch.
  if (is_crowded() && !watch_ && !closing && transport_ != nullptr) watch();
}

// Nothing is given to the mailbox any more, so `close_` does not change.
void Mailbox::close_transport(CloseReason reason) {
  if (transport_ == nullptr) return;
  const Frame close = std::move(close_);
  const auto status = close.close_status();
  status ? transport_->close_with(reason, *status) : transport_->close(reason);
}

void Mailbox::probe_transport() {
  const auto time = std::exchange(due_probe_, {}).probe_time();
  if (time && transport_ != nullptr) transport_->probe(*time);
}

// The receiver may end the local peer in the midst of it.
void Mailbox::flush_events() {
  Events events;
  const auto closing = take_out(local_->events, events);
  const auto receiver = local_->receiver;
  for (const auto& event : events) {
    if (!local_->receiver) return;
    traffic().sent(1, event->size());
    written(event->size());
    receiver->receive(event->get());
  }
  if (!closing || !local_->receiver) return;
  owner_.ended(*closing);
  disconnect();
  receiver->closed(*closing);
}

}  // namespace signaling
