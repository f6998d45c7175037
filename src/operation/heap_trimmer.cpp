#include "signaling/operation/heap_trimmer.hpp"

#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>

#if defined(__GLIBC__) && __GLIBC__ * 100 + __GLIBC_MINOR__ >= 233
#include <malloc.h>
#define SIGNALING_HAS_MALLINFO2
#endif

namespace signaling::operation {
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

// The wait holds it: a handler that is queued already may run after the trimmer has ended.
class HeapTrimmer::State : public std::enable_shared_from_this<HeapTrimmer::State> {
 public:
  explicit State(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  void wait() {
    timer_.emplace(executor_, interval);
    timer_->async_wait([self = shared_from_this()](auto error) {
      if (error || !self->timer_) return;
      trim();
      self->wait();
    });
  }

  // Its destructor cancels the wait and, unlike cancel(), cannot throw.
  void stop() noexcept { timer_.reset(); }

 private:
  const boost::asio::any_io_executor executor_;
  std::optional<boost::asio::steady_timer> timer_;
};

HeapTrimmer::HeapTrimmer(boost::asio::any_io_executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

HeapTrimmer::~HeapTrimmer() { stop(); }

void HeapTrimmer::start() { state_->wait(); }

void HeapTrimmer::stop() noexcept { state_->stop(); }

}  // namespace signaling::operation
