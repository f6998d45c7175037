#include "signaling/operation/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "signaling/core/clock.hpp"

namespace signaling::operation {
namespace {

using Families = std::vector<MetricFamily>;
using enum MetricKind;

void add(Families& to, std::string name, MetricKind kind, std::string help, double value) {
  to.push_back({std::move(name), std::move(help), kind, {}, {{{}, value, {}}}});
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// From the start of the machine to that of this process: the 22nd field of /proc/self/stat, in ticks (proc(5)).
std::optional<double> seconds_to_start() {
  std::ifstream file("/proc/self/stat");
  // The second field is the program's name in parentheses, which may hold anything.
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double ticks = 0;
  if (!(fields >> ticks)) return std::nullopt;
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::optional<double> start_time() {
  const auto start = seconds_to_start();
  timespec since_boot{};
  if (!start || ::clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) return std::nullopt;
  const double now = std::chrono::duration<double>(wall_time().time_since_epoch()).count();
  return now -
         (static_cast<double>(since_boot.tv_sec) + static_cast<double>(since_boot.tv_nsec) / 1e9 - *start);
}

void add_start(Families& to) {
  // Asked once: it would move with the date of the machine.
  static const std::optional<double> start = start_time();
  if (start) {
    add(to, "process_start_time_seconds", gauge, "Start time of the process, in seconds since 1970", *start);
  }
}

void add_memory(Families& to) {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  double resident_pages = 0;
  if (!(file >> pages >> resident_pages)) return;
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  add(to, "process_resident_memory_bytes", gauge, "Resident memory", resident_pages * page);
}

void add_descriptors(Families& to) {
  std::error_code error;
  const std::filesystem::directory_iterator open("/proc/self/fd", error);
  if (error) return;
  // One of them is that of this look.
  const auto count = std::distance(begin(open), end(open)) - 1;
  add(to, "process_open_fds", gauge, "Open file descriptors", static_cast<double>(count));
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add(to, "process_max_fds", gauge, "Maximum number of open file descriptors",
        static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace

std::vector<MetricFamily> process_metrics() {
  Families families;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    add(families, "process_cpu_seconds_total", counter, "CPU time of all threads",
        seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  add_start(families);
  add_memory(families);
  add_descriptors(families);
  return families;
}

}  // namespace signaling::operation
