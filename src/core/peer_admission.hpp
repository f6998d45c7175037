#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/client_link.hpp"
#include "core/deadlines.hpp"
#include "core/handover.hpp"
#include "core/router_services.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/event.hpp"
#include "signaling/core/policy.hpp"

namespace signaling {

/// May who was admitted so have this peer?
bool is_same_user(const Admission& admission, const Peer& peer) noexcept;
/// Null: anonymous.
std::unique_ptr<Identity> identity_of(const Admission& admission);

/// Asks the policy who a client is. `decided` is called on the executor, perhaps before this returns, and keeps `asker`, whose
/// only operation it is, alive.
void authenticate(const std::shared_ptr<RouterServices>& services, const ConnectInfo& info,
                  const boost::asio::any_io_executor& executor, const void* asker,
                  Callback<void(const Admission&)> decided);

inline constexpr std::string_view took_too_long = "The server took too long to decide.";

/// How a client gets in: the policy says who it is; then it goes on as the peer that it was on an earlier connection, or
/// the store gives a new peer its id.
///
/// States: asking the policy -> replacing (a peer on another executor), or asking other nodes for the peer -> claiming ->
/// awaiting (what the other node has) -> over, of which each may be skipped, or complete at once. All of it has
/// Limits::decision_timeout.
/// Threads: the peer's executor.
class PeerAdmission final : public std::enable_shared_from_this<PeerAdmission> {
 public:
  struct Admitted {
    PeerId id;
    Epoch epoch = 0;
    std::string secret;                           // for the welcome
    std::unique_ptr<Identity> identity;           // null: anonymous
    bool is_wished = false;                       // the client has chosen the id
    std::chrono::seconds keep{0};                 // how long the peer stays without a connection
    std::chrono::seconds max_away{0};             // the longest time that the policy allows
    std::optional<event::Resumption> resumption;  // of a client that wanted to resume: it could not
  };
  /// The client has resumed this peer, which has the connection.
  struct Resumed {
    std::shared_ptr<PeerSession> peer;
  };
  struct Refused {
    errc code = errc::internal;
    std::string message;  // empty: the description of `code`
    CloseReason reason = CloseReason::internal;
  };
  using Result = std::variant<Admitted, Resumed, Refused>;

  PeerAdmission(std::shared_ptr<RouterServices> services, std::shared_ptr<Loop> loop);

  /// Once one of these two. `done` is called once, unless it is abandoned; perhaps before the call returns.
  void begin(const ConnectInfo& info, const std::shared_ptr<Protocol>& protocol,
             std::shared_ptr<ClientLink> link, Callback<void(Result)> done);
  /// Of a local peer, which needs no policy; `id` may be empty.
  void begin_local(PeerId id, Identity identity, Callback<void(Result)> done);
  /// The peer is gone: what the store still gives is released.
  void abandon() noexcept;

 private:
  struct Wish {
    std::string id;
    std::string resume;
    std::optional<std::chrono::seconds> keep;
    std::optional<std::uint64_t> received;
  };
  /// False: something in it is malformed, and the client is refused.
  bool read_wish(const ConnectInfo& info);
  void decided(const Admission& admission);
  void resume(const Admission& admission);
  void resume(PeerSession& peer, const Admission& admission);
  void replace(const std::shared_ptr<PeerSession>& peer, const Admission& admission);
  void refuse_user();
  void refuse_for_now();
  void look_elsewhere(const Admission& admission);
  void found_elsewhere(const handover::Answer& answer, const Admission& admission);
  void take_from_node(const handover::Answer& answer, const Admission& admission);
  void bring_here(Epoch epoch, const handover::Answer& answer, const Admission& admission);
  void came_here(const std::shared_ptr<PeerSession>& peer, const Admission& admission);
  void explain(const Admission& admission);
  void go_on_as_other(const Admission& admission, std::string_view reason);
  void go_on(const Admission& admission);
  std::optional<PeerId> choose_id(const Admission& admission);
  void claim(const PeerId& id);
  void claim_another();
  void ask_store(const PeerId& id, std::string_view resume);
  void claimed(std::error_code error, Epoch epoch, PeerId id);
  void refuse(errc code, std::string_view message, CloseReason reason);
  void finish(Result result);
  /// An answer that was given at once needs no deadline.
  void wait();
  bool is_over() const noexcept { return !done_; }

  const std::shared_ptr<RouterServices> services_;
  const std::shared_ptr<Loop> loop_;
  std::shared_ptr<ClientLink> link_;    // null: of a local peer
  std::shared_ptr<Protocol> protocol_;  // of a peer that comes from another node
  std::string_view language_;           // in which the client may resume; empty: in none
  Callback<void(Result)> done_;
  Wish wish_;
  bool is_proved_ = false;     // the id in it is the client's
  bool is_take_over_ = false;  // ... if the store says so
  bool is_wish_only_ = false;  // the policy has not chosen the id
  PeerId fresh_id_;            // if nobody chooses one; empty: the router does
  Admitted admitted_;
  ScopedDeadline deadline_;
  ScopedDeadline other_node_;  // must have answered until then
};

}  // namespace signaling
