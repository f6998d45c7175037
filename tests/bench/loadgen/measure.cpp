#include "measure.hpp"

#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "loop.hpp"

namespace bench {
namespace {

double seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }
double microseconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e3; }

std::string member(const char* name, double value) {
  char text[96];
  std::snprintf(text, sizeof(text), "\"%s\":%.9g,", name, value);
  return text;
}

std::string member(const char* name, std::uint64_t value) {
  char text[96];
  std::snprintf(text, sizeof(text), "\"%s\":%" PRIu64 ",", name, value);
  return text;
}

}  // namespace

// The clock of another process counts nanoseconds, and threads that have ended; /proc/<pid>/stat only ticks of 10 ms.
std::uint64_t cpu_time_of(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (const int error = ::clock_getcpuclockid(process, &clock); error != 0) {
    throw std::system_error(error, std::generic_category(), "CPU time of the server");
  }
  ::clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

// The kernel knows this part by samples; over a second they are enough. The name of the program, in parentheses, may
// hold anything; behind it utime is the twelfth field.
std::uint64_t user_time_of(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string word;
  for (int i = 0; i < 11; ++i) fields >> word;
  std::uint64_t ticks = 0;
  if (!(fields >> ticks)) throw std::runtime_error("no utime of process " + std::to_string(process));
  return ticks * (1'000'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

std::uint64_t resident_kb_of(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  std::string word;
  while (status >> word) {
    std::uint64_t kb = 0;
    if (word == "VmRSS:" && status >> kb) return kb;
  }
  throw std::runtime_error("no VmRSS of process " + std::to_string(process));
}

void Meter::start() {
  started_ = read();
  running_ = true;
}

void Meter::stop() {
  if (!running_) return;
  running_ = false;
  const Reading now = read();
  spent_.wall += now.wall - started_.wall;
  spent_.own += now.own - started_.own;
  spent_.servers += now.servers - started_.servers;
  spent_.servers_user += now.servers_user - started_.servers_user;
}

Meter::Reading Meter::read() const {
  Reading reading{.wall = now_ns(), .own = cpu_time_of(0)};
  for (const pid_t server : servers_) {
    reading.servers += cpu_time_of(server);
    reading.servers_user += user_time_of(server);
  }
  return reading;
}

std::uint64_t Meter::resident_kb() const {
  std::uint64_t sum = 0;
  for (const pid_t server : servers_) sum += resident_kb_of(server);
  return sum;
}

std::string Meter::report(std::string_view unit, const Faults& faults) const {
  std::string out = "{\"unit\":\"" + std::string(unit) + "\",";
  out += member("units", units_) + member("seconds", seconds(spent_.wall));
  out += member("server_cpu_seconds", seconds(spent_.servers));
  out += member("server_user_seconds", seconds(spent_.servers_user));
  out += member("loadgen_cpu_share", spent_.wall == 0 ? 0.0 : seconds(spent_.own) / seconds(spent_.wall));
  if (latency_.count() != 0) {
    out += member("latency_p50_us", microseconds(latency_.quantile(0.5)));
    out += member("latency_p99_us", microseconds(latency_.quantile(0.99)));
  }
  out += member("memory_before_kb", memory_before_kb_) + member("memory_after_kb", memory_after_kb_);
  out += member("lost", faults.lost) + member("late", faults.late) + member("damaged", faults.damaged);
  out += member("strange", faults.strange) + member("closed", faults.closed);
  out.back() = '}';
  return out;
}

}  // namespace bench
