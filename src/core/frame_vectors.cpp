#include "core/frame_vectors.hpp"

#include <array>
#include <cstddef>

#include "text/per_thread.hpp"

namespace signaling {
namespace {

// As many as one thread usually holds at once: an event in two languages, and what encoding one of them causes.
constexpr std::size_t max_spares = 4;
// A vector that served a burst is not kept.
constexpr std::size_t max_capacity = 64;

struct Spares {
  std::array<std::vector<Frame>, max_spares> vectors;
  std::size_t count = 0;

  Spares();
  Spares(const Spares&) = delete;
  Spares& operator=(const Spares&) = delete;
  ~Spares();
};

// Null again when the thread ends: a static object's destructor may still encode something then.
thread_local Spares* spares_of_thread = nullptr;

Spares::Spares() { spares_of_thread = this; }
Spares::~Spares() { spares_of_thread = nullptr; }

Spares* spares() {
  text::PerThread<Spares>::get();
  return spares_of_thread;
}

}  // namespace

ReusedFrames::ReusedFrames() {
  Spares* const kept = spares();
  if (kept != nullptr && kept->count > 0) frames_ = std::move(kept->vectors[--kept->count]);
}

ReusedFrames::~ReusedFrames() {
  Spares* const kept = spares_of_thread;
  const std::size_t capacity = frames_.capacity();
  if (kept == nullptr || kept->count == max_spares || capacity == 0 || capacity > max_capacity) return;
  frames_.clear();
  kept->vectors[kept->count++] = std::move(frames_);
}

}  // namespace signaling
