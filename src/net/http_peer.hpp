// Path 2/8 and 8/8 of clients of HTTP dialects, such as WHIP.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "net/resident.hpp"
#include "net/timer_wheel.hpp"
#include "signaling/core/link.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/core/transport.hpp"

namespace signaling::net {

class Worker;

/// What the client of a dialect over HTTP is for the router: a peer whose transport is no connection. Requests come and
/// go; the peer stays until its owner or the router ends it.
///
/// What the router writes goes to the owner at once, and counts as written: what waits for a later request is the owner's
/// to bound.
/// Ownership: a member of its owner. From `connect` to `disconnect`, the worker keeps the owner.
/// Threads: the worker's executor.
class HttpPeer final : public Transport, public Resident, public Timed {
 public:
  class Owner {
   public:
    /// A message for the client. `receive` must not be called before this returns.
    virtual void on_message(std::string_view message) = 0;
    /// The router or the server ends the peer, which is disconnected when this returns.
    virtual void on_closed(CloseReason reason) = 0;
    /// The deadline is reached.
    virtual void on_time(TimePoint now) = 0;

   protected:
    ~Owner() = default;
  };

  HttpPeer(std::shared_ptr<Worker> worker, Owner& owner);
  HttpPeer(const HttpPeer&) = delete;
  HttpPeer& operator=(const HttpPeer&) = delete;
  ~HttpPeer() override;

  /// Once. `self`: the owner, which is kept.
  void connect(const std::shared_ptr<void>& self, std::unique_ptr<Protocol> protocol,
               const ConnectInfo& info);
  /// Passes on a message of the client.
  void receive(std::string_view message) { link_.receive({MessageKind::text, message}); }
  /// Ends the peer.
  void disconnect(CloseReason reason);
  /// Replaces the one deadline; absent: none.
  void set_deadline(std::optional<TimePoint> deadline);

  /// Null: it is not admitted, or has ended.
  std::shared_ptr<Peer> peer() const noexcept { return link_.peer(); }
  /// Null: it has ended.
  const std::shared_ptr<Worker>& worker() const noexcept { return worker_; }

  boost::asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const Frame> frames) override;
  void close(CloseReason reason) override;
  void on_stop() override { close(CloseReason::going_away); }
  void on_deadline(TimePoint now) override { owner_.on_time(now); }

 private:
  std::shared_ptr<Worker> worker_;
  const boost::asio::any_io_executor executor_;
  Owner& owner_;
  bool is_resident_ = false;
  Link link_;
};

}  // namespace signaling::net
