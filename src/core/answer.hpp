#pragma once

#include <optional>
#include <utility>

namespace signaling {

/// A completion handler that the host's code may destroy instead of calling it: then `on_dropped` gets the function, to
/// call it with an answer that fits.
template <class Function, class OnDropped>
class Answer {
 public:
  Answer(Function function, OnDropped on_dropped)
      : function_(std::move(function)), on_dropped_(std::move(on_dropped)) {}
  Answer(Answer&& other) noexcept
      : function_(std::exchange(other.function_, std::nullopt)), on_dropped_(std::move(other.on_dropped_)) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  Answer& operator=(Answer&&) = delete;
  ~Answer() {
    auto function = std::exchange(function_, std::nullopt);
    if (!function) return;
    try {
      on_dropped_(*function);
    } catch (
        ...) {  // NOLINT(bugprone-empty-catch): no memory for the answer; the deadline of the request gives one
    }
  }

  template <class... Arguments>
  void operator()(Arguments&&... arguments) {
    auto function = std::exchange(function_, std::nullopt);
    (*function)(std::forward<Arguments>(arguments)...);
  }

 private:
  std::optional<Function> function_;
  OnDropped on_dropped_;
};

}  // namespace signaling
