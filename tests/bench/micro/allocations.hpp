#pragma once

#include <cstddef>
#include <string>

namespace bench {

/// How often this thread has called operator new or aligned_alloc.
std::size_t allocations() noexcept;

/// While one exists, the call stacks of this thread's allocations are remembered: the first few that differ.
class AllocationTrace {
 public:
  AllocationTrace();
  ~AllocationTrace();
  AllocationTrace(const AllocationTrace&) = delete;
  AllocationTrace& operator=(const AllocationTrace&) = delete;
  /// One paragraph for each stack: how often, and the functions from the innermost out.
  std::string text() const;
};

}  // namespace bench
