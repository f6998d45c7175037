#include "net/worker.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "net/http_date.hpp"

namespace signaling::net {
namespace {

// Deadlines are met this exactly; the timer runs only for slots that hold something.
constexpr std::chrono::milliseconds tick{10};
constexpr std::size_t wheel_slots = 4096;
constexpr std::size_t read_buffer_bytes = 64 * 1024;
constexpr std::size_t write_buffer_bytes = 64 * 1024;
constexpr std::size_t file_buffer_bytes = 64 * 1024;

}  // namespace

Worker::Worker(boost::asio::any_io_executor executor, std::shared_ptr<ServerContext> context)
    : executor_(std::move(executor)),
      context_(std::move(context)),
      poller_(std::make_shared<Poller>(executor_)),
      wheel_(std::chrono::steady_clock::now(), tick, wheel_slots),
      timer_(executor_),
      read_buffer_(read_buffer_bytes),
      write_buffer_(write_buffer_bytes),
      deflater_(context_->options.max_deflate_bytes_per_second) {}

void Worker::add(std::unique_ptr<Listener> listener) {
  if (stopping_) return;
  listeners_.push_back(std::move(listener));
  listeners_.back()->start(*this);
}

void Worker::add(AcceptedSocket socket) {
  if (stopping_) return context_->limiter.release(socket.address);
  auto connection = std::make_shared<Connection>(*this, std::move(socket));
  connection->registry_index = connections_.size();
  connections_.push_back(connection);
  if (!connection->open()) connection->drop(CloseReason::internal);
}

void Worker::add(MovingConnection moving) {
  if (stopping_) return context_->limiter.release(moving.address);
  auto connection = std::make_shared<Connection>(*this, std::move(moving.channel), std::move(moving.address));
  connection->registry_index = connections_.size();
  connections_.push_back(connection);
  connection->resume(moving);
}

void Worker::remove(Connection& connection) {
  context_->limiter.release(connection.address());
  release(connection);
}

void Worker::release(Connection& connection) {
  const std::size_t index = connection.registry_index;
  std::swap(connections_[index], connections_.back());
  connections_[index]->registry_index = index;
  boost::asio::post(executor_, [gone = std::move(connections_.back())] {});
  connections_.pop_back();
  finish_if_empty();
}

void Worker::add(std::shared_ptr<Resident> resident) {
  resident->resident_index = residents_.size();
  residents_.push_back(std::move(resident));
}

void Worker::remove(Resident& resident) {
  const std::size_t index = resident.resident_index;
  std::swap(residents_[index], residents_.back());
  residents_[index]->resident_index = index;
  boost::asio::post(executor_, [gone = std::move(residents_.back())] {});
  residents_.pop_back();
  finish_if_empty();
}

std::span<const std::byte> Worker::compressed_wire(websocket::Connection& connection, const Frame& message) {
  const bool first_of_turn = deflater_.empty();
  const std::span<const std::byte> wire = deflater_.wire(connection, message, now());
  // Behind what waits for the executor already: the message's other receivers.
  if (first_of_turn && !deflater_.empty()) {
    boost::asio::post(executor_, [self = shared_from_this()] { self->deflater_.clear(); });
  }
  return wire;
}

// Each of them takes its place out of the list.
void Worker::stop_residents() {
  const auto residents = residents_;
  for (const auto& resident : residents) resident->on_stop();
}

std::span<std::byte> Worker::file_buffer() {
  if (file_buffer_.empty()) file_buffer_.resize(file_buffer_bytes);
  return file_buffer_;
}

const std::string& Worker::http_date() {
  const std::time_t second = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (second != date_second_) {
    date_second_ = second;
    date_ = format_http_date(second);
  }
  return date_;
}

void Worker::schedule(Timed& entry, TimePoint deadline) {
  wheel_.schedule(entry, deadline);
  // A tick later than the deadline is early enough, and spares most connections a look at the wheel.
  if (deadline < timer_at_ - tick) arm_timer(deadline + tick);
}

void Worker::arm_timer(TimePoint when) {
  timer_at_ = when;
  timer_.expires_at(when);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    if (error) return;
    if (const auto self = weak.lock()) self->advance_timers();
  });
}

void Worker::advance_timers() {
  timer_at_ = TimePoint::max();
  wheel_.advance(std::chrono::steady_clock::now());
  const auto next = wheel_.next();
  if (next && *next < timer_at_ && poller_->is_open()) arm_timer(*next);
}

void Worker::stop(TimePoint deadline, Callback<void()> done) {
  if (done) done_.push_back(std::move(done));
  if (deadline < stop_at_) {
    stop_at_ = deadline;
    schedule(stop_deadline_, deadline);
  }
  if (!std::exchange(stopping_, true)) {
    for (const auto& listener : listeners_) listener->stop();
    stop_residents();
    // Each of them may go, and take its place in the list with it.
    const auto connections = connections_;
    for (const auto& connection : connections) connection->stop();
  }
  finish_if_empty();
}

void Worker::drop_all() {
  stopping_ = true;
  for (const auto& listener : listeners_) listener->stop();
  stop_residents();
  while (!connections_.empty()) connections_.back()->drop(CloseReason::going_away);
  finish_if_empty();
}

void Worker::finish_if_empty() {
  if (!stopping_ || !connections_.empty() || !residents_.empty()) return;
  TimerWheel::cancel(stop_deadline_);
  timer_.cancel();
  poller_->close();
  for (Callback<void()>& done : std::exchange(done_, {})) boost::asio::post(executor_, std::move(done));
}

}  // namespace signaling::net
