#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <utility>

#include "signaling/net/http.hpp"

namespace signaling::net {

class HttpSession;

/// One request that a handler has to answer; what HttpResponder stands for.
class HttpResponder::Exchange {
 public:
  Exchange(HttpSession& session, boost::asio::any_io_executor executor)
      : executor_(std::move(executor)), session_(&session) {}

  // Any thread.
  const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
  /// True for the first one who asks.
  bool claim_answer() noexcept { return !answered_.exchange(true); }

  // The executor.
  void on_abort(Callback<void()> handler);
  void complete(HttpResponse response, AnswerEvents events);
  /// The client is gone: tells the handler.
  void abort() noexcept;

 private:
  const boost::asio::any_io_executor executor_;
  std::atomic<bool> answered_{false};
  HttpSession* session_;  // null: answered, or gone
  bool aborted_ = false;
  Callback<void()> on_abort_;
};

}  // namespace signaling::net
