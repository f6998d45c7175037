#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "core/cluster_inbox.hpp"
#include "core/router_services.hpp"
#include "signaling/core/room.hpp"
#include "signaling/core/stats.hpp"

namespace signaling {

/// A router from its start to its end, and what the host asks of it as a whole.
///
/// Threads: any.
class RouterCore final : public RouterServices {
 public:
  /// As RouterServices.
  RouterCore(RouterOptions options, Deadlines::Driver driver, bool has_own_store)
      : RouterServices(std::move(options), driver, has_own_store), inbox_(*this) {}

  void open_store();
  /// The router ends: peers, rooms and this object let go of each other.
  void close();

  /// See Router.
  SendResult send(const Message& message, std::string_view from) override;
  std::error_code kick(std::string_view peer, std::string_view room, std::string_view why) override {
    return inbox_.kick(peer, room, why);
  }
  std::error_code close_room(std::string_view room, std::string_view why) override {
    return inbox_.close_room(room, why);
  }
  void members(std::string_view room, Callback<void(std::error_code, std::vector<Member>)> done);
  void on_time();
  std::size_t drain(std::size_t count, std::chrono::milliseconds reconnect_within);
  void end_away();
  void shut_down(std::chrono::milliseconds reconnect_after);
  Stats stats() const;
  QueueStats queues() const;

  SendResult deliver_to_peer(const Message& message, const Route& route) override {
    return inbox_.deliver_to_peer(message, route);
  }
  void report(const Message& message, const Route& route, errc error) override {
    inbox_.report(message, route, error);
  }
  void end_displaced(std::string_view id, Epoch epoch) override { inbox_.end_displaced(id, epoch); }

 private:
  SendResult route(const Message& message, Route& route);
  std::chrono::milliseconds random_delay(std::chrono::milliseconds longest) const;
  void add_traffic(Stats& stats) const;

  ClusterInbox inbox_;
};

}  // namespace signaling
