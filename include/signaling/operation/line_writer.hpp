#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "signaling/text/export.hpp"

namespace signaling::operation {

/// Writes lines to a descriptor that may be slow, stuck or closed, on a thread of its own.
///
/// A line that does not fit into the queue or cannot be written is dropped and counted. As soon as lines can be written
/// again, a notice says how many are missing.
/// Ownership: it writes to a duplicate of the descriptor, so the host may close its own at any time.
/// Threads: any; `push` never waits for the descriptor. The writer's thread blocks all signals: the host's handlers
/// never run on it, and a closed pipe raises no SIGPIPE. A child of fork(2) has no such thread: fork first.
class SIGNALING_API LineWriter {
 public:
  /// Makes the line that reports this number of dropped lines, with its line feed. Called on the writer's thread; if it
  /// throws, it is called again before the next line that can be written.
  using Notice = std::function<std::string(std::uint64_t dropped)>;

  /// `max_queued_bytes`: bytes of unwritten lines; 0: no limit. Throws std::system_error if `descriptor` is not open,
  /// or if the thread cannot be started.
  LineWriter(int descriptor, std::size_t max_queued_bytes, Notice notice);
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  /// Waits up to a second until the queue is written. If the descriptor is stuck, the thread stays until the process
  /// ends.
  ~LineWriter();

  /// `line` must end with a line feed. If there is no memory for it, the line is dropped.
  void push(const std::string& line) noexcept;
  /// Counts a line as dropped that the caller had no memory for.
  void drop() noexcept;
  /// The number of lines dropped so far.
  std::uint64_t dropped() const;

 private:
  struct State;
  static void run(State& state) noexcept;

  std::shared_ptr<State> state_;
};

}  // namespace signaling::operation
