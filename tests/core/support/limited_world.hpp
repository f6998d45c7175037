#pragma once

#include <chrono>

#include "support/script_world.hpp"

namespace signaling::testing {

/// Options with the default limits, but for what `set` changes.
inline RouterOptions with(void (*set)(Limits&)) {
  RouterOptions options;
  set(options.limits);
  return options;
}

/// Time passes, and everything happens that is due.
inline void wait(ScriptWorld& world, std::chrono::milliseconds time) {
  world.clock.advance(time);
  world.router.on_time();
  world.run();
}

}  // namespace signaling::testing
