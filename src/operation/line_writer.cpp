#include "signaling/operation/line_writer.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <new>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace signaling::operation {
namespace {

constexpr std::chrono::seconds flush_time{1};
constexpr std::size_t piece_bytes = 64 * 1024;

int duplicate(int descriptor) {
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw std::system_error(errno, std::generic_category(), "LineWriter: the descriptor");
  return copy;
}

// A thread inherits the mask of the one that starts it.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

// -1: it cannot be written to. Waits.
ssize_t write_some(int descriptor, std::string_view text) {
  for (;;) {
    const ssize_t count = ::write(descriptor, text.data(), std::min(text.size(), piece_bytes));
    if (count >= 0) return count;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {  // another process that has it made it non-blocking
      pollfd writable{descriptor, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return -1;
    }
  }
}

std::uint64_t count_lines(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

struct LineWriter::State {
  State(int original, std::size_t max_bytes, Notice make_notice)
      : descriptor(duplicate(original)), max_queued_bytes(max_bytes), notice(std::move(make_notice)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { ::close(descriptor); }

  const int descriptor;
  const std::size_t max_queued_bytes;
  const Notice notice;

  std::mutex mutex;
  std::condition_variable changed;
  std::string waiting;
  std::size_t queued_bytes = 0;  // of `waiting`, and of what is being written
  std::uint64_t dropped = 0;
  std::uint64_t told = 0;  // of them in notices
  bool stopping = false;
  bool finished = false;

  /// False if it cannot be written; the lines that are missing are counted.
  bool write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = write_some(descriptor, text);
      const std::lock_guard lock(mutex);
      if (count < 0) {
        dropped += count_lines(text);
        queued_bytes -= text.size();
        return false;
      }
      text.remove_prefix(static_cast<std::size_t>(count));
      queued_bytes -= static_cast<std::size_t>(count);
    }
    return true;
  }

  std::uint64_t dropped_now() {
    const std::lock_guard lock(mutex);
    return dropped;
  }

  void tell_dropped() {
    const std::uint64_t now_dropped = dropped_now();
    if (now_dropped == told) return;
    const std::string line = notice(now_dropped - told);
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t count = write_some(descriptor, rest);
      if (count < 0) return;
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    told = now_dropped;
  }
};

LineWriter::LineWriter(int descriptor, std::size_t max_queued_bytes, Notice notice)
    : state_(std::make_shared<State>(descriptor, max_queued_bytes, std::move(notice))) {
  const AllSignalsBlocked blocked;
  std::thread([state = state_] { run(*state); }).detach();
}

LineWriter::~LineWriter() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, flush_time, [this] { return state_->finished; });
}

void LineWriter::push(const std::string& line) noexcept {
  const std::lock_guard lock(state_->mutex);
  const std::size_t bound = state_->max_queued_bytes;
  if (bound != 0 && state_->queued_bytes + line.size() > bound) {
    ++state_->dropped;
    return;
  }
  try {
    state_->waiting += line;
  } catch (const std::bad_alloc&) {
    ++state_->dropped;
    return;
  }
  state_->queued_bytes += line.size();
  state_->changed.notify_all();
}

void LineWriter::drop() noexcept {
  const std::lock_guard lock(state_->mutex);
  ++state_->dropped;
}

std::uint64_t LineWriter::dropped() const { return state_->dropped_now(); }

void LineWriter::run(State& state) noexcept {
  std::unique_lock lock(state.mutex);
  for (;;) {
    state.changed.wait(lock, [&] { return state.stopping || !state.waiting.empty(); });
    if (state.waiting.empty()) break;
    const std::string lines = std::exchange(state.waiting, {});
    lock.unlock();
    try {
      if (state.write(lines)) state.tell_dropped();
    } catch (...) {
      // The notice could not be made. What is not told yet is told with the next one.
    }
    lock.lock();
  }
  state.finished = true;
  state.changed.notify_all();
}

}  // namespace signaling::operation
