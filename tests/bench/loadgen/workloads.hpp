#pragma once

#include <cstdint>

#include "measure.hpp"
#include "options.hpp"
#include "swarm.hpp"

namespace bench {

/// What all workloads need.
struct Bench {
  const Options& options;
  const Target& target;
  const Dialect& dialect;
  Loop& loop;
  Meter& meter;
};

// Each runs to its end, and returns what went wrong with the messages.

/// Pairs answer each other, with `in_flight` messages on their way; or, with a rate, one half sends at that rate,
/// and latency counts from when a message should have been sent.
Faults run_relay(const Bench& bench);
/// In each room one member after the other sends to all, as soon as all have the last message.
Faults run_broadcast(const Bench& bench);
/// `connections` peers connect and join a room of their own each; again and again.
Faults run_connect(const Bench& bench);
/// `concurrency` pairs connect, join, send each other four messages, leave and close; again and again.
Faults run_churn(const Bench& bench);
/// `connections` peers join rooms, and then do nothing.
Faults run_idle(const Bench& bench);
/// `connections` peers with sessions, in pairs, lose their connections at once, with a letter on the way to every second one;
/// are away for `away` seconds; and resume, `concurrency` at a time. All must get what they have missed. Measures the
/// resumptions, and the memory before anybody came and while all are away.
Faults run_resume(const Bench& bench);

constexpr std::uint64_t nanoseconds(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }

}  // namespace bench
