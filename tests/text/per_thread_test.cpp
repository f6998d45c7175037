#include "text/per_thread.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using signaling::text::PerThread;

namespace {

std::atomic<int> intact_at_end{0};

// Takes memory of about the given size that was just freed, if there is any, and overwrites it.
void overwrite_freed(std::size_t size) {
  std::vector<std::string> blocks;
  for (std::size_t i = 0; i < 100; ++i) blocks.emplace_back(size + i % 32, 'y');
}

struct Remembering {
  std::string text = "a text that is too long to lie within the string";
  int uses = 0;

  Remembering() = default;
  Remembering(const Remembering&) = delete;
  Remembering& operator=(const Remembering&) = delete;
  ~Remembering() {
    overwrite_freed(sizeof(*this));
    if (uses == 2 && text.starts_with("a text")) ++intact_at_end;
  }
};

}  // namespace

TEST_CASE("per-thread objects: each thread has one, which is intact when the thread's end destroys it") {
  intact_at_end = 0;
  constexpr int threads = 20;
  for (int i = 0; i < threads; ++i) {
    std::thread([] {
      ++PerThread<Remembering>::get().uses;
      ++PerThread<Remembering>::get().uses;
    }).join();
  }
  CHECK(intact_at_end == threads);
}

TEST_CASE("per-thread objects: a tag tells two of one type apart") {
  PerThread<std::string, struct First>::get() = "first";
  PerThread<std::string, struct Second>::get() = "second";
  CHECK(PerThread<std::string, struct First>::get() == "first");
  CHECK(PerThread<std::string, struct Second>::get() == "second");
}
