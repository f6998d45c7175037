#include "heap_trimmer.hpp"

#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <utility>

#if defined(__GLIBC__) && __GLIBC__ * 100 + __GLIBC_MINOR__ >= 233
#include <malloc.h>
#define SIGNALING_HAS_MALLINFO2
#endif

namespace {

constexpr std::chrono::seconds interval{5};
// Less is not worth asking the kernel for the same pages again.
constexpr std::size_t max_kept_bytes = std::size_t{8} * 1024 * 1024;

#ifdef SIGNALING_HAS_MALLINFO2
// What the process has for itself, code and files apart.
std::size_t private_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  std::size_t shared = 0;
  if (!(file >> pages >> resident >> shared)) return 0;
  return (resident - shared) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void trim() {
  const struct mallinfo2 heap = ::mallinfo2();
  if (private_bytes() > heap.uordblks + heap.hblkhd + max_kept_bytes) ::malloc_trim(0);
}
#else
void trim() {}
#endif

}  // namespace

HeapTrimmer::HeapTrimmer(boost::asio::any_io_executor executor) : timer_(std::move(executor)) {}

void HeapTrimmer::start() {
  timer_.expires_after(interval);
  timer_.async_wait([this](auto error) {
    if (error) return;
    trim();
    start();
  });
}

void HeapTrimmer::stop() { timer_.cancel(); }
