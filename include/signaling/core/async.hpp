#pragma once

#include <boost/asio/append.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <system_error>
#include <type_traits>
#include <utility>

namespace signaling {

/// Calls an Asio completion handler with what a Callback is called with.
///
/// A handler with an associated executor is posted to it, and keeps work there until then. A handler without one, such as
/// a lambda, is called in place.
/// Errors: an error code becomes the one of Boost.System, which completion tokens such as `use_awaitable` turn into an
/// exception.
template <class Handler>
class Completion {
 public:
  /// Keeps `handler`.
  explicit Completion(Handler handler)
      : handler_(std::move(handler)),
        work_(work_of(boost::asio::associated_executor<Handler, InPlace>::get(handler_))) {}

  /// To be called once.
  template <class... Args>
  void operator()(Args&&... args) {
    if constexpr (std::is_same_v<Executor, InPlace>) {
      std::move(handler_)(convert(std::forward<Args>(args))...);
    } else {
      boost::asio::post(boost::asio::append(std::move(handler_), convert(std::forward<Args>(args))...));
    }
  }

 private:
  struct InPlace {};
  using Executor = typename boost::asio::associated_executor<Handler, InPlace>::type;

  static InPlace work_of(InPlace in_place) noexcept { return in_place; }
  template <class Other>
  static boost::asio::executor_work_guard<Other> work_of(const Other& executor) {
    return boost::asio::executor_work_guard<Other>(executor);
  }
  static boost::system::error_code convert(std::error_code error) { return error; }
  template <class Value>
    requires(!std::is_same_v<std::remove_cvref_t<Value>, std::error_code>)
  static Value&& convert(Value&& value) noexcept { return std::forward<Value>(value); }

  Handler handler_;
  decltype(work_of(std::declval<const Executor&>())) work_;
};

/// Makes an asynchronous operation with a completion token out of a function with a Callback, for the body of a function
/// that takes `Token&& token`: like `boost::asio::async_initiate`, but `start` gets a Callback and then the arguments,
/// which are kept by value. Where `Signature` has `boost::system::error_code`, the callback has `std::error_code`.
template <class Token, class Signature, class Start, class... Arguments>
auto start_async(Start start, std::remove_reference_t<Token>& token, Arguments&&... arguments) {
  return boost::asio::async_initiate<Token, Signature>(
      [start = std::move(start)](auto handler, auto&&... kept) mutable {
        start(Completion<decltype(handler)>(std::move(handler)), std::forward<decltype(kept)>(kept)...);
      },
      token, std::forward<Arguments>(arguments)...);
}

}  // namespace signaling
