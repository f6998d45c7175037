#include "process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

namespace {

using Families = std::vector<signaling::MetricFamily>;
using enum signaling::MetricKind;

void add(Families& to, std::string name, signaling::MetricKind kind, std::string help, double value) {
  to.push_back({std::move(name), std::move(help), kind, {}, {{{}, value, {}}}});
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// When this file's constants were made, just before main.
const std::chrono::system_clock::time_point start = std::chrono::system_clock::now();

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
    add(to, "process_max_fds", gauge, "File descriptors that may be open",
        static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace

std::vector<signaling::MetricFamily> process_metrics() {
  Families families;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0) {
    add(families, "process_cpu_seconds_total", counter, "CPU time of all threads",
        seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  add(families, "process_start_time_seconds", gauge, "When this program began, in seconds since 1970",
      std::chrono::duration<double>(start.time_since_epoch()).count());
  add_memory(families);
  add_descriptors(families);
  return families;
}
