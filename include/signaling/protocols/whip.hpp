#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "signaling/core/clock.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/text/export.hpp"

namespace signaling::protocols {

/// What the client of a session does: it publishes media (WHIP, RFC 9725), or plays it (WHEP, draft-ietf-wish-whep-03).
enum class WhipKind : std::uint8_t { publish, play };

/// "whip" or "whep": the protocol's name, also in the metadata of its peers.
SIGNALING_API std::string_view to_string(WhipKind kind) noexcept;

/// Options of the sessions of an endpoint. 0 disables a bound, a rate, or a time.
struct SIGNALING_API WhipOptions {
  WhipKind kind = WhipKind::publish;  ///< what its clients do
  /// Time for the media peer to answer an offer. Default 5 s. Beyond it: 504.
  std::chrono::milliseconds answer_timeout{5'000};
  /// Time for the media peer to restart ICE. Default 5 s. Beyond it: 422.
  std::chrono::milliseconds restart_timeout{5'000};
  /// The longest duration of a session. Default: no limit; the media peer ends sessions whose client is gone.
  std::chrono::milliseconds session_timeout{0};
  /// Publishers of a room, on all nodes together. Default 1. Beyond it: 409.
  std::size_t publishers_per_room = 1;
  /// Sessions of a room, of WHIP and WHEP and on all nodes together. Default 0: Limits::max_peers_per_room alone. Beyond
  /// it: 503.
  std::size_t sessions_per_room = 0;
  /// Requests per second and session that change it, in the long run. Default 10. Beyond it: 429.
  std::uint32_t patches_per_second = 10;
  /// Such requests at once above that rate. Default 50; 0 is 1.
  std::uint32_t patch_burst = 50;
  /// Candidates of one request, and of the media peer before its answer. Default 100. Beyond it: 413; those of the media
  /// peer are dropped.
  std::size_t max_candidates = 100;
  /// Whether a client must name the session's state (If-Match) to send candidates. Default: only to restart ICE, since
  /// clients in use do not name it.
  bool require_if_match = false;
  /// Whether clients may send candidates after their offer. Default: yes. If not: 422.
  bool trickle = true;
  /// Whether the media peer may answer a player's offer with an offer of its own (406). Default: not, since few players
  /// understand it.
  bool counter_offers = false;
};

/// A request of a client, as far as its session needs it.
struct SIGNALING_API WhipRequest {
  std::string content_type{};             ///< as sent
  std::optional<std::string> if_match{};  ///< absent: the request has none
  std::string body{};                     ///< the whole body
};

/// The answer to a request.
struct SIGNALING_API WhipAnswer {
  unsigned status = 200;                                       ///< of HTTP
  std::vector<std::pair<std::string, std::string>> headers{};  ///< without those of CORS
  std::string body{};                                          ///< may be empty
};

/// An error in the form of RFC 9457. `detail`: for people; empty: none.
SIGNALING_API WhipAnswer whip_problem(unsigned status, std::string_view detail = {});
/// The same, and says after how many seconds the client may try again.
SIGNALING_API WhipAnswer whip_retry(unsigned status, std::string_view detail, std::chrono::seconds after);

/// What a session asks its owner to do.
namespace whip_action {

/// Answers a request.
struct SIGNALING_API Answer {
  std::uint64_t request = 0;  ///< the number of the request
  WhipAnswer answer;          ///< the answer
};
/// Passes a message of the client to the router.
struct SIGNALING_API Tell {
  std::string message;  ///< for the protocol object of WhipLanguage
};
/// The peer has joined: calls WhipSession::chosen.
struct SIGNALING_API Choose {};
/// The session is over: disconnects the peer. The last action.
struct SIGNALING_API End {
  CloseReason reason = CloseReason::normal;  ///< of the peer
};

}  // namespace whip_action

/// Any of the actions.
using WhipAction =
    std::variant<whip_action::Answer, whip_action::Tell, whip_action::Choose, whip_action::End>;

/// The room of a new session, as the session finds it.
struct SIGNALING_API WhipRoom {
  PeerId media_peer;           ///< who answers; empty: nobody
  std::size_t publishers = 0;  ///< clients of WHIP that joined before
  std::size_t sessions = 0;    ///< clients of WHIP and WHEP that joined before
};

/// One session of WHIP or WHEP, from the request that makes it to its end. Sans-I/O: requests, messages of the router and
/// time come in; answers and messages to the router come out of `poll_action`.
///
/// States: `entering` (the policy decides) -> `joining` -> `choosing` (the owner finds the media peer) -> `offering` (it has
/// the offer) -> `open`; or `offering` -> `countering` (the client has the media peer's offer) -> `open`; each may go to
/// `over`. Invariants: each request is answered once, unless it is abandoned; the request that makes the session is
/// unanswered exactly in the states before `countering` and `open`; at most one restart of ICE is under way, and its request
/// is unanswered; nothing is told to the router after `End`.
/// Ownership: its owner has the peer, and disconnects it at `End`.
/// Threads: one at a time. Re-entrancy: it calls nobody.
/// Errors: nothing that a client or a media peer sends throws.
class SIGNALING_API WhipSession {
 public:
  /// `location`: where the session's own requests go, an absolute path or a URL. `options` and `random` must outlive the
  /// session.
  WhipSession(const WhipOptions& options, RoomId room, std::string location, Random& random);

  // The owner numbers the requests. The first is one of the first two; later ones come only after the session has become
  // `is_open`.
  /// An offer, which makes the session.
  void post(std::uint64_t request, WhipRequest what);
  /// Only asks for the ICE servers: the answer ends the session.
  void discover(std::uint64_t request);
  /// Candidates, a restart of ICE, or the answer to a counter-offer.
  void patch(std::uint64_t request, const WhipRequest& what, TimePoint now);
  /// Ends the session.
  void remove(std::uint64_t request);
  /// The client of this request is gone. Before the session is open, that ends it.
  void abandon(std::uint64_t request);

  /// A message that the router has written for the peer.
  void receive(std::string_view message, TimePoint now);
  /// The answer to whip_action::Choose.
  void chosen(WhipRoom found, TimePoint now);
  /// The router has closed the peer.
  void closed(CloseReason reason);
  /// What is due by that time.
  void on_time(TimePoint now);
  /// When `on_time` is due; absent: never.
  std::optional<TimePoint> next_deadline() const noexcept;

  /// The next thing to do; absent: nothing.
  std::optional<WhipAction> poll_action();

  /// It has a client that knows its location.
  bool is_open() const noexcept { return state_ == State::open || state_ == State::countering; }
  /// It is over.
  bool is_over() const noexcept { return state_ == State::over; }
  /// Messages of the media peer that no client can get any more, since the last call.
  std::size_t take_dropped() noexcept { return std::exchange(dropped_, 0); }

 private:
  enum class State : std::uint8_t { entering, joining, choosing, offering, countering, open, over };
  struct Message;
  struct Fragment;
  struct Offer;
  struct Restart {
    std::uint64_t request = 0;
    std::string ufrag;
    TimePoint deadline;
  };

  void answer(std::uint64_t request, WhipAnswer what);
  /// Answers the request that makes the session, and ends it.
  void refuse(WhipAnswer what);
  void tell(std::string message) { actions_.emplace_back(whip_action::Tell{std::move(message)}); }
  void end(CloseReason reason);

  void admitted(const Message& message);
  void check_offer();
  void told_error(const Message& message);
  void told_refusal(const Message& message);
  void told_by_media_peer(const Message& message, TimePoint now);
  void told_event(const Message& message);
  void media_peer_gone();
  void answered(std::string_view payload, TimePoint now);
  void counter_offered(std::string_view payload, TimePoint now);
  void keep_candidate(std::string_view payload);
  WhipAnswer created(unsigned status) const;
  void opened(TimePoint now);

  void take_counter_answer(std::uint64_t request, const WhipRequest& what, TimePoint now);
  void trickle(std::uint64_t request, const WhipRequest& what, const Fragment& fragment);
  void pass_candidates(const Fragment& fragment);
  void restart(std::uint64_t request, const WhipRequest& what, const Fragment& fragment, TimePoint now);
  void restarted(std::string_view payload);
  void fail_restart(std::string_view detail);
  bool may_patch(TimePoint now);
  std::string to_media_peer(std::string_view type) const;

  const WhipOptions& options_;
  const RoomId room_;
  const std::string location_;
  Random& random_;
  State state_ = State::entering;
  bool is_discovery_ = false;
  std::uint64_t post_ = 0;  // the request that makes the session
  WhipRequest offer_request_;
  std::shared_ptr<const Offer> offer_;  // shared so that its type can stay private
  std::string ice_servers_;             // a JSON array, or empty
  PeerId media_peer_;
  std::vector<std::string> early_candidates_;  // payloads of the media peer, before its answer
  bool answer_is_lite_ = false;
  bool answer_is_trickle_ = false;
  std::vector<std::string> ufrags_;  // of the client's ICE sessions in force
  std::string etag_;
  std::optional<Restart> restart_;
  std::optional<TimePoint> last_restart_;
  std::optional<TimePoint> deadline_;  // of the state
  double patches_ = 0;                 // that are allowed at once
  TimePoint patches_at_{};
  std::size_t dropped_ = 0;
  std::deque<WhipAction> actions_;
};

/// What sessions and the router tell each other: makes the protocol objects of their peers.
///
/// Threads: any.
class SIGNALING_API WhipLanguage {
 public:
  /// Of `options`, only `kind` and `counter_offers` count.
  explicit WhipLanguage(const WhipOptions& options);
  /// The protocol object of one session's peer.
  std::unique_ptr<Protocol> make() const;

 private:
  WhipKind kind_;
  std::shared_ptr<const Encoder> encoder_;
};

/// The metadata of a session's peer: `{"role":"publisher","protocol":"whip"}`, or "player" and "whep".
SIGNALING_API std::string_view whip_metadata(WhipKind kind) noexcept;
/// True for the metadata of a peer that speaks WHIP or WHEP: it makes an offer itself, and must not get one.
SIGNALING_API bool is_whip_client(std::string_view metadata) noexcept;
/// True for metadata with `"protocol"` of that kind.
SIGNALING_API bool is_whip_client(std::string_view metadata, WhipKind kind) noexcept;
/// True for metadata with `"role":"sfu"`.
SIGNALING_API bool is_media_server(std::string_view metadata) noexcept;

}  // namespace signaling::protocols
