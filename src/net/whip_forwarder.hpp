#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/whip_endpoint.hpp"
#include "signaling/core/event.hpp"
#include "signaling/core/local_peer.hpp"
#include "signaling/core/router.hpp"

namespace signaling::net {

/// Passes requests on to the node whose session they are for, and answers those of other nodes: a peer without a room for
/// each endpoint of each node, whose tag is in the ids of its sessions. A message to it says nothing that its sender could
/// not ask for over HTTP: the id of the session is the secret.
///
/// Threads: `tag`, `is_elsewhere` and `pass_on` any; the rest on the executor.
class WhipForwarder final {
 public:
  WhipForwarder(WhipEndpoint& endpoint, Router& router, const boost::asio::any_io_executor& executor);
  ~WhipForwarder();
  WhipForwarder(const WhipForwarder&) = delete;
  WhipForwarder& operator=(const WhipForwarder&) = delete;

  /// In front of the ids of this node's sessions, and a dot.
  const std::string& tag() const noexcept;
  /// The session's id has the form of another node's.
  bool is_elsewhere(std::string_view session) const noexcept;
  /// 404: there is no such node, or it does not answer: its sessions are most likely gone with it, and a client of either
  /// needs a new one.
  void pass_on(WhipEndpoint::Change change, WhipResource::Reply reply);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace signaling::net
