#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_peer.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/protocols/whip.hpp"

namespace signaling::net {

class WhipEndpoint;

/// One session of WHIP or WHEP: drives protocols::WhipSession, and has its peer.
///
/// Ownership: from its first request to its end by the worker and, if it has an id, by the endpoint.
/// Threads: `id`, `executor`, `accepts` and `next_request` any; the rest on the executor.
class WhipResource final : public HttpPeer::Owner, public std::enable_shared_from_this<WhipResource> {
 public:
  using Reply = Callback<void(protocols::WhipAnswer answer)>;
  enum class Method : std::uint8_t { patch, remove };

  struct Names {
    RoomId room;
    std::string id;        // empty: it cannot be found again
    std::string location;  // of the client's later requests
    std::string token;     // that the client showed first
  };

  WhipResource(std::shared_ptr<WhipEndpoint> endpoint, std::shared_ptr<Worker> worker, Names names);

  const std::string& id() const noexcept { return names_.id; }
  boost::asio::any_io_executor executor() { return peer_.executor(); }
  /// The client must show the token of its first request again.
  bool accepts(std::string_view token) const noexcept;

  /// The first request. `reply` is called once, or destroyed with the session.
  void post(protocols::WhipRequest request, const ConnectInfo& info, Reply reply);
  void discover(const ConnectInfo& info, Reply reply);
  /// Each later one.
  void change(Method method, const protocols::WhipRequest& request, Reply reply);
  /// The client of the first request is gone.
  void abandon();

  void on_message(std::string_view message) override;
  void on_closed(CloseReason reason) override;
  void on_time(TimePoint now) override;

 private:
  static constexpr std::uint64_t first_request = 1;

  void connect(const ConnectInfo& info, Reply reply);
  void pump();
  void perform(protocols::whip_action::Answer& action);
  void perform(protocols::whip_action::Tell& action);
  void perform(protocols::whip_action::Choose& action);
  void perform(protocols::whip_action::End& action);

  const std::shared_ptr<WhipEndpoint> endpoint_;
  const Names names_;
  HttpPeer peer_;
  protocols::WhipSession session_;
  std::vector<std::pair<std::uint64_t, Reply>> replies_;
  std::uint64_t last_request_ = first_request;
  bool is_pump_posted_ = false;
  bool is_closing_ = false;  // the router takes no more
};

}  // namespace signaling::net
