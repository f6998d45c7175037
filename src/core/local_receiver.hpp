#pragma once

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "core/mailbox.hpp"
#include "signaling/core/local_peer.hpp"

namespace signaling {

/// Calls the functions of a local peer's host.
class LocalReceiver final : public EventReceiver {
 public:
  explicit LocalReceiver(LocalPeerOptions options) : options_(std::move(options)) {}

  // An exception of the host's function must not cost the events behind it: it leaves the executor when they are told.
  void receive(const Event& event) override {
    try {
      if (options_.on_event) options_.on_event(event);
    } catch (...) {
      boost::asio::post(options_.executor,
                        [failure = std::current_exception()] { std::rethrow_exception(failure); });
    }
  }
  void closed(CloseReason reason) override {
    if (options_.on_closed) options_.on_closed(reason);
  }

 private:
  const LocalPeerOptions options_;
};

}  // namespace signaling
