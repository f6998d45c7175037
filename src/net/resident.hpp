#pragma once

#include <cstddef>

namespace signaling::net {

/// What lives on a worker for longer than any one connection does.
///
/// Ownership: by the worker, from Worker::add to Worker::remove. Threads: the worker's executor.
class Resident {
 public:
  virtual ~Resident() = default;
  /// The server stops: end now, which includes Worker::remove.
  virtual void on_stop() = 0;

  std::size_t resident_index = 0;  // for the worker
};

}  // namespace signaling::net
