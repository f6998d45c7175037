#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "signaling/text/export.hpp"

namespace signaling::operation {

/// Returns freed memory to the system: every 5 s it calls malloc_trim(3) if that frees 8 MiB or more. glibc itself
/// keeps all memory below a block in use, which after a burst may be almost everything. With other C libraries, and
/// with glibc before 2.33, it does nothing.
///
/// Ownership: the executor's context must outlive it.
/// Threads: everything on the executor, which must run one function at a time, or while the executor does not run.
/// Other threads that allocate memory wait while malloc_trim runs.
class SIGNALING_API HeapTrimmer {
 public:
  /// Does nothing before `start`.
  explicit HeapTrimmer(boost::asio::any_io_executor executor);
  HeapTrimmer(const HeapTrimmer&) = delete;
  HeapTrimmer& operator=(const HeapTrimmer&) = delete;
  /// Like `stop`.
  ~HeapTrimmer();

  /// Keeps work on the executor until `stop`.
  void start();
  /// Leaves no work on the executor.
  void stop() noexcept;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace signaling::operation
