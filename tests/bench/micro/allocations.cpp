#include "allocations.hpp"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

namespace bench {
namespace {

constexpr int max_depth = 24;

struct Stack {
  std::array<void*, max_depth> callers{};
  int depth = 0;
  std::size_t times = 0;
};

thread_local std::size_t count = 0;
thread_local bool tracing = false;
thread_local std::array<Stack, 32> stacks;
thread_local std::size_t known = 0;

void remember() noexcept {
  tracing = false;  // backtrace() itself may allocate
  Stack stack;
  stack.depth = ::backtrace(stack.callers.data(), max_depth);
  const auto end = stacks.begin() + static_cast<std::ptrdiff_t>(known);
  const auto same = std::find_if(stacks.begin(), end, [&](const Stack& each) {
    return each.depth == stack.depth && each.callers == stack.callers;
  });
  if (same != end) {
    ++same->times;
  } else if (known < stacks.size()) {
    stack.times = 1;
    stacks[known++] = stack;
  }
  tracing = true;
}

void note() noexcept {
  ++count;
  if (tracing) remember();
}

void* allocate(std::size_t size, std::size_t alignment) {
  note();
  void* const memory =
      alignment <= alignof(std::max_align_t) ? std::malloc(size) : ::memalign(alignment, size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

// Symbols of the library are hidden: for those there is the place in the file, for `addr2line -Cfe`.
std::string name_of(void* address) {
  Dl_info info{};
  if (::dladdr(address, &info) == 0) return "?";
  if (info.dli_sname == nullptr) {
    char place[32];
    std::snprintf(place, sizeof(place), "+0x%zx",
                  static_cast<std::size_t>(static_cast<char*>(address) - static_cast<char*>(info.dli_fbase)));
    return std::string(info.dli_fname) + place;
  }
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable(
      abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status), &std::free);
  return readable ? readable.get() : info.dli_sname;
}

}  // namespace

std::size_t allocations() noexcept { return count; }

AllocationTrace::AllocationTrace() {
  void* unused = nullptr;
  ::backtrace(&unused, 1);  // loads what it needs
  known = 0;
  tracing = true;
}

AllocationTrace::~AllocationTrace() { tracing = false; }

std::string AllocationTrace::text() const {
  tracing = false;  // for good: what follows is not of interest
  std::string text;
  for (const Stack& stack : std::span(stacks).first(known)) {
    text += std::to_string(stack.times) + " times\n";
    for (int i = 2; i < stack.depth; ++i) {
      text += "  " + name_of(stack.callers[static_cast<std::size_t>(i)]).substr(0, 160) + '\n';
    }
  }
  return text;
}

}  // namespace bench

// Asio's way of allocating.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  bench::note();
  return ::memalign(alignment, size);
}

void* operator new(std::size_t size) { return bench::allocate(size, 1); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return bench::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
