#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "histogram.hpp"

namespace bench {

/// CPU time, of all threads, in nanoseconds; of this process with pid 0.
std::uint64_t cpu_time_of(pid_t process);
/// The part of it that was not spent in the kernel, from /proc.
std::uint64_t user_time_of(pid_t process);
/// Resident memory, from /proc.
std::uint64_t resident_kb_of(pid_t process);

/// What went wrong with messages. All zero is the only good result.
struct Faults {
  std::uint64_t lost = 0;
  std::uint64_t late = 0;     ///< twice, or behind one that was sent after it
  std::uint64_t damaged = 0;  ///< bytes differ
  std::uint64_t strange = 0;  ///< for somebody else, from nobody, an error of the server
  std::uint64_t closed = 0;   ///< connections that ended by themselves
  std::uint64_t total() const { return lost + late + damaged + strange + closed; }
};

/// Adds up what happens between `start` and `stop`, which may be called again and again.
class Meter {
 public:
  explicit Meter(std::vector<pid_t> servers) : servers_(std::move(servers)) {}

  void start();
  void stop();
  bool is_running() const { return running_; }
  void count(std::uint64_t units = 1) {
    if (running_) units_ += units;
  }
  void count_latency(std::uint64_t nanoseconds) {
    if (running_) latency_.add(nanoseconds);
  }
  void set_memory(std::uint64_t before_kb, std::uint64_t after_kb) {
    memory_before_kb_ = before_kb;
    memory_after_kb_ = after_kb;
  }
  std::uint64_t resident_kb() const;
  std::uint64_t units() const { return units_; }
  /// One JSON object.
  std::string report(std::string_view unit, const Faults& faults) const;

 private:
  struct Reading {
    std::uint64_t wall = 0;
    std::uint64_t own = 0;
    std::uint64_t servers = 0;
    std::uint64_t servers_user = 0;
  };
  Reading read() const;

  std::vector<pid_t> servers_;
  bool running_ = false;
  Reading started_;
  Reading spent_;
  std::uint64_t units_ = 0;
  std::uint64_t memory_before_kb_ = 0;
  std::uint64_t memory_after_kb_ = 0;
  Histogram latency_;
};

}  // namespace bench
