#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace signaling {

/// Tells a completion handler whether it runs inside the call that started its operation, on the same thread.
///
/// Stores and policies may complete inline or later, on any thread. Inline there is nothing to hop to: the caller is
/// where it has to be. An object has at most one operation outstanding, so its address names the operation.
class Initiation {
 public:
  explicit Initiation(const void* owner) noexcept : owner_(owner), outer_(innermost_) { innermost_ = this; }
  Initiation(const Initiation&) = delete;
  Initiation& operator=(const Initiation&) = delete;
  ~Initiation() { innermost_ = outer_; }

  /// True if this thread is inside an operation that `owner` started. Marks the operation as completed inline.
  static bool complete_inline(const void* owner) noexcept {
    for (Initiation* i = innermost_; i != nullptr; i = i->outer_) {
      if (i->owner_ != owner) continue;
      i->completed_ = true;
      return true;
    }
    return false;
  }

  bool completed() const noexcept { return completed_; }

 private:
  const void* owner_;
  Initiation* outer_;
  bool completed_ = false;

  static inline thread_local Initiation* innermost_ = nullptr;
};

/// Continues on the executor: at once if the operation of `owner` completed inside the call that started it, which was
/// made there.
template <class Function>
void continue_on(const boost::asio::any_io_executor& executor, const void* owner, Function function) {
  if (Initiation::complete_inline(owner)) {
    function();
  } else {
    boost::asio::post(executor, std::move(function));
  }
}

}  // namespace signaling
