#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/whip_resource.hpp"
#include "signaling/net/http.hpp"
#include "signaling/net/whip_route.hpp"

namespace signaling::net {

struct ServerContext;
class WhipForwarder;

/// One path of WHIP or WHEP: the rooms and the sessions below it.
///
/// Threads: any.
class WhipEndpoint final : public std::enable_shared_from_this<WhipEndpoint> {
 public:
  /// `path`: without a slash at its end. Throws std::invalid_argument for a path or a base URL that is none.
  WhipEndpoint(std::string path, WhipRoute route, ServerContext& context,
               std::vector<std::weak_ptr<Worker>> workers);
  ~WhipEndpoint();

  /// Once, before the first request: passes on what belongs to other nodes, if the route wants it.
  void start();

  void handle(const HttpRequest& request, const HttpResponder& responder);

  // For its sessions.
  const protocols::WhipOptions& options() const noexcept { return route_.options; }
  const protocols::WhipLanguage& language() const noexcept { return language_; }
  /// The room as `self`, which is in it, has found it.
  protocols::WhipRoom look(std::string_view room, std::string_view self) const;
  void count_dropped(std::size_t count) noexcept;
  void remove(const WhipResource& resource);

  // For requests that come here, or from another node.
  struct Change {
    WhipResource::Method method = WhipResource::Method::patch;
    std::string session;
    std::string token;
    protocols::WhipRequest request;
  };
  /// `reply` is called on any executor.
  void change(Change change, WhipResource::Reply reply);

 private:
  class Answer;
  struct Place {
    std::string room;     // empty: a session
    std::string session;  // empty: a room
  };
  struct Allowance {
    double left = 0;
    TimePoint at{};
  };

  std::optional<Place> place_of(std::string_view target) const;
  void handle_room(const Place& place, const HttpRequest& request, const Answer& answer);
  void handle_session(const Place& place, const HttpRequest& request, const Answer& answer);
  void discover(const HttpRequest& request, const Answer& answer);
  void post(const Place& place, const HttpRequest& request, const Answer& answer);
  std::optional<protocols::WhipAnswer> refuse(const HttpRequest& request,
                                              const std::shared_ptr<Worker>& worker);
  bool may_post(const std::string& address, TimePoint now);
  PeerId default_media_peer(std::string_view room) const;
  std::shared_ptr<WhipResource> find(std::string_view id) const;
  std::shared_ptr<Worker> worker_of(const boost::asio::any_io_executor& executor) const;

  const std::string path_;
  const WhipRoute route_;
  const bool is_open_to_all_;
  const protocols::WhipLanguage language_;
  ServerContext& context_;
  const std::vector<std::weak_ptr<Worker>> workers_;
  std::unique_ptr<WhipForwarder> forwarder_;  // null: sessions of other nodes are unknown
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<WhipResource>> resources_;  // by id
  std::unordered_map<std::string, Allowance> allowances_;                     // by address
};

}  // namespace signaling::net
