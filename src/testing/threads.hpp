#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace signaling::testing {

/// Threads that its end joins. Not `std::jthread`, which libc++ has had only since its version 20.
class ThreadGroup {
 public:
  ThreadGroup() = default;
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;
  ~ThreadGroup() {
    for (std::thread& thread : threads_) thread.join();
  }
  template <class Run>
  void start(Run run) {
    threads_.emplace_back(std::move(run));
  }

 private:
  std::vector<std::thread> threads_;
};

/// Where threads wait for each other, round for round. Not `std::barrier` or `std::latch`: those of gcc 12 lose
/// wake-ups on systems without futex, such as MinGW's.
class Rendezvous {
 public:
  explicit Rendezvous(std::ptrdiff_t threads) : threads_(threads), missing_(threads) {}
  void arrive() {
    const std::scoped_lock lock(mutex_);
    count_one();
  }
  void arrive_and_wait() {
    std::unique_lock lock(mutex_);
    const std::size_t round = rounds_;
    count_one();
    changed_.wait(lock, [&] { return rounds_ != round; });
  }
  /// For the end of the first round, without being one of those who are expected.
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return rounds_ != 0; });
  }

 private:
  void count_one() {
    if (--missing_ > 0) return;
    missing_ = threads_;
    ++rounds_;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::ptrdiff_t threads_;
  std::ptrdiff_t missing_;
  std::size_t rounds_ = 0;
};

}  // namespace signaling::testing
