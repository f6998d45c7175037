#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

/// Writes lines to a descriptor that may be slow, stuck or closed, on a thread of its own.
///
/// Threads: any. `push` never waits for the descriptor: a line for which there is no room, and one that cannot be written, is
/// dropped and counted; as soon as lines can be written again, one says how many are missing.
class LineWriter {
 public:
  /// Makes the line that says so many were dropped. Called on the writer's thread.
  using Notice = std::function<std::string(std::uint64_t dropped)>;

  /// `max_queued_bytes`: of lines that are not written yet; 0: no bound.
  LineWriter(int descriptor, std::size_t max_queued_bytes, Notice notice);
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  /// Gives what is queued a second to be written. A descriptor that is stuck keeps the thread, which the end of the process
  /// ends, and nobody else.
  ~LineWriter();

  /// `line` ends with a line feed.
  void push(const std::string& line);
  std::uint64_t dropped() const;

 private:
  struct State;
  static void run(State& state);

  std::shared_ptr<State> state_;
};
