#include "line_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace {

constexpr std::chrono::seconds flush_time{1};
constexpr std::size_t piece_bytes = 64 * 1024;

// -1: it cannot be written to. Waits.
ssize_t write_some(int descriptor, std::string_view text) {
  for (;;) {
    const ssize_t count = ::write(descriptor, text.data(), std::min(text.size(), piece_bytes));
    if (count >= 0) return count;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {  // somebody else who has it made it non-blocking
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

  void tell_dropped() {
    std::uint64_t now_dropped = 0;
    std::string line;
    {
      const std::lock_guard lock(mutex);
      if (dropped == told) return;
      now_dropped = dropped;
      line = notice(dropped - told);
    }
    std::string_view rest = line;
    while (!rest.empty()) {
      const ssize_t count = write_some(descriptor, rest);
      if (count < 0) return;
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    const std::lock_guard lock(mutex);
    told = now_dropped;
  }
};

LineWriter::LineWriter(int descriptor, std::size_t max_queued_bytes, Notice notice)
    : state_(std::make_shared<State>(descriptor, max_queued_bytes, std::move(notice))) {
  std::thread([state = state_] { run(*state); }).detach();
}

LineWriter::~LineWriter() {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->changed.notify_all();
  state_->changed.wait_for(lock, flush_time, [this] { return state_->finished; });
}

void LineWriter::push(const std::string& line) {
  const std::lock_guard lock(state_->mutex);
  const std::size_t bound = state_->max_queued_bytes;
  if (bound != 0 && state_->queued_bytes + line.size() > bound) {
    ++state_->dropped;
    return;
  }
  state_->queued_bytes += line.size();
  state_->waiting += line;
  state_->changed.notify_all();
}

std::uint64_t LineWriter::dropped() const {
  const std::lock_guard lock(state_->mutex);
  return state_->dropped;
}

void LineWriter::run(State& state) {
  std::unique_lock lock(state.mutex);
  for (;;) {
    state.changed.wait(lock, [&] { return state.stopping || !state.waiting.empty(); });
    if (state.waiting.empty()) break;
    const std::string lines = std::exchange(state.waiting, {});
    lock.unlock();
    if (state.write(lines)) state.tell_dropped();
    lock.lock();
  }
  state.finished = true;
  state.changed.notify_all();
}
