#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace signaling {

template <class Signature>
class Callback;

/// A move-only function that is called at most once: the completion handler of asynchronous operations.
///
/// Unlike `std::function` it accepts functions that own move-only objects.
/// Errors: calling an empty callback, or calling one a second time, throws `std::bad_function_call`. An exception of
/// the function leaves the call. The library's own functions throw only std::bad_alloc.
template <class... Args>
class Callback<void(Args...)> {
 public:
  Callback() noexcept = default;

  /// Keeps `function` until it is called, or until this object is destroyed.
  template <class Function>
    requires(!std::is_same_v<std::remove_cvref_t<Function>, Callback> &&
             std::is_invocable_v<std::decay_t<Function>&, Args...>)
  Callback(Function&& function)  // NOLINT(google-explicit-constructor): made from lambdas, like std::function
      : target_(std::make_unique<Holder<std::decay_t<Function>>>(std::forward<Function>(function))) {}

  /// False: empty, or called already.
  explicit operator bool() const noexcept { return target_ != nullptr; }

  /// Calls the function, and then destroys it.
  void operator()(Args... args) {
    if (!target_) throw std::bad_function_call();
    auto target = std::move(target_);
    target->call(std::forward<Args>(args)...);
  }

 private:
  struct Target {
    Target() = default;
    Target(const Target&) = delete;
    Target& operator=(const Target&) = delete;
    virtual ~Target() = default;
    virtual void call(Args... args) = 0;
  };
  template <class Function>
  struct Holder final : Target {
    template <class Source>
    explicit Holder(Source&& source) : function(std::forward<Source>(source)) {}
    void call(Args... args) override { function(std::forward<Args>(args)...); }
    Function function;
  };

  std::unique_ptr<Target> target_;
};

}  // namespace signaling
