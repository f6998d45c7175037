#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/client_link.hpp"
#include "core/encoded_event.hpp"
#include "core/mailbox.hpp"
#include "core/peer_admission.hpp"
#include "core/peer_grace.hpp"
#include "core/peer_input.hpp"
#include "core/peer_join.hpp"
#include "core/resume_secrets.hpp"
#include "core/room_view.hpp"
#include "core/router_services.hpp"
#include "core/token_bucket.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/transport.hpp"

namespace signaling {

/// What of a host's word to a peer is told: all of it, up to a bound.
std::string_view cut_why(std::string_view why) noexcept;

/// A peer, from connection to end: its memberships, and what it may do. PeerInput has what waits, Mailbox what it is to be
/// sent, PeerAdmission and PeerJoin the steps of what takes time.
///
/// States: admitting (policy and store are asked) -> open <-> away (without a connection, for its grace) -> gone. One that
/// comes from another node begins as away; see peer_move.cpp.
/// Invariants: `rooms_` holds exactly the rooms that this peer has joined and not left; it changes only on the
/// executor. When `gone`, the peer is in no room and in no table, and its id is released. A client's peer has a link while
/// it is `open`, and none while it is `away`. An `open` peer is suspended, and away for all others, while its transport
/// waits for the client.
/// A local peer is trusted: no policy, no rate, no bound of rooms.
/// Threads: as Peer says; `mailbox` from any thread.
class PeerSession final : public Peer,
                          private Mailbox::Owner,
                          private PeerInput::Owner,
                          private PeerGrace::Owner,
                          public std::enable_shared_from_this<PeerSession> {
 public:
  PeerSession(std::shared_ptr<RouterServices> services, Transport& transport,
              std::unique_ptr<Protocol> protocol);
  /// One that comes from another node.
  PeerSession(std::shared_ptr<RouterServices> services, const std::shared_ptr<Loop>& loop,
              std::shared_ptr<Protocol> protocol);
  /// A local peer.
  PeerSession(std::shared_ptr<RouterServices> services, const boost::asio::any_io_executor& executor,
              std::shared_ptr<EventReceiver> receiver);
  ~PeerSession() override;

  /// Asks for admission. One of these, once, first.
  void admit(const ConnectInfo& info, std::shared_ptr<ClientLink> link);
  void admit_local(PeerId id, Identity identity);
  bool is_admitted() const noexcept { return has_id_.load(std::memory_order_acquire); }

  // For Link and LocalPeer.
  void receive(const MessageView& message);
  void written(std::size_t bytes) { mailbox_.written(bytes); }
  /// The client has shown a sign of life that its protocol has asked for.
  void alive();
  void disconnected(CloseReason reason);

  const PeerId& id() const noexcept override;
  const Identity& identity() const noexcept override;
  bool is_away() const noexcept override { return is_away_.load(std::memory_order_relaxed); }
  boost::asio::any_io_executor executor() const override { return mailbox_.loop()->executor(); }
  void join(std::string_view room, std::optional<std::string_view> metadata,
            std::string_view request) override;
  void join(const command::Join& command) override { join(own(command)); }
  void leave(std::string_view room, std::string_view request) override;
  void update(std::string_view room, std::string_view metadata, std::string_view request) override;
  void members(std::string_view room, std::string_view request) override;
  SendResult send(const Message& message) override;
  std::vector<RoomId> rooms() const override;
  std::size_t outbound_bytes() const noexcept override { return mailbox_.bytes(); }
  void set_ice_servers(std::string_view servers) override;
  void kick(std::string_view room, std::string_view why) override;
  void close(CloseReason reason, std::string_view why = {}) override;

  void join(JoinRequest request);
  /// `done`: for the host. Called once.
  void leave(std::string_view room, std::string_view request, Callback<void(std::error_code)> done);

  std::shared_ptr<Mailbox> mailbox() noexcept override { return {shared_from_this(), &mailbox_}; }
  std::string_view language() const noexcept override;
  PeerEntry entry() { return {shared_from_this(), &mailbox_}; }
  Epoch epoch() const noexcept { return mailbox_.epoch(); }
  bool is_local() const noexcept override { return protocol_ == nullptr; }
  /// Does `secret` come from a welcome of this peer? On its executor.
  ResumeSecrets::Proof check(std::string_view secret) const noexcept { return secrets_.check(secret); }

  /// What a client that has proved that this peer is its own brings with its new connection.
  struct Resumption {
    std::string secret;
    std::optional<std::uint64_t> received;
    std::optional<std::chrono::seconds> keep;
    std::unique_ptr<Identity> identity;
  };
  /// Goes on with this connection, on the same executor. False: it claims to have received more than was sent, and nothing
  /// has changed.
  bool resume(const std::shared_ptr<ClientLink>& link, Resumption resumption);

  // peer_suspension.cpp: a transport that outlives its connections. Link describes the first two.
  bool suspend(CloseReason reason, std::chrono::seconds longest);
  void readmit(const ConnectInfo& info, Callback<void(const Decision& decision)> done);
  /// Its client is back.
  void end_suspension(std::unique_ptr<Identity> identity);

  /// What a peer that comes from another node is here.
  struct Arrival {
    PeerId id;
    Epoch epoch = 0;
    std::string secret;  // that its client has shown
    std::unique_ptr<Identity> identity;
    handover::Answer answer;
  };
  /// Once, first, on its executor. `done`: it can be resumed, or is gone.
  void arrive(Arrival arrival, Callback<void()> done);
  /// Another node is about to have it.
  bool is_departing() const noexcept;
  /// Another connection of its client: `done` as above, perhaps at once.
  void when_arrived(Callback<void()> done);
  /// Nobody resumes it now: it ends, unless it has a grace.
  void end_without_grace();
  /// What the node that had it still has for its client. Any thread.
  void take_history(handover::History history);
  /// A client on another node shows its secret. Any thread.
  void ask_to_move(handover::Request request);

  /// The rooms that this peer is in, for Route::from_rooms. On its executor.
  std::string sender_rooms() const;
  void tell_error(errc code, std::string_view message, std::string_view request);

  /// Tells the client to come back later, and closes it. False: it was told before.
  bool send_away(std::chrono::milliseconds reconnect_after);
  bool was_sent_away() const noexcept { return sent_away_.load(std::memory_order_relaxed); }
  /// It has a grace, and the store can move it. Any thread.
  bool may_be_resumed_elsewhere() const noexcept;

  /// Another connection has its id: the peer ends, soon. Any thread.
  void replace();
  /// The same at once, on its executor: when this returns, its rooms know.
  void end_replaced();

  // For PeerJoin.
  RouterServices& services() const noexcept { return *services_; }
  Loop& loop() const noexcept { return *mailbox_.loop(); }
  bool is_gone() const noexcept { return state_ == State::gone; }
  /// What the client does next waits for `answered` and `resume`.
  void await(std::weak_ptr<PeerJoin> join);
  void answered() noexcept { input_.answered(); }
  void go_on() { input_.resume(); }
  struct Membership {
    std::shared_ptr<RoomView> room;
    Payload metadata;
  };
  /// Null if the peer is not in that room.
  Membership* membership_of(std::string_view room);
  std::size_t room_count() const noexcept { return rooms_.size(); }
  RoomLimits room_limits() const noexcept;
  bool is_room_name(std::string_view room) const noexcept;
  void add_room(std::shared_ptr<RoomView> room, Payload metadata);
  /// The peer is in no room of that name any more. False: it was not.
  bool leave_room(std::string_view id, LeaveReason reason, const std::string& request,
                  const std::string& why);
  void tell_room_of_leave(const std::shared_ptr<RoomView>& room, LeaveReason reason,
                          const std::string& request, const std::string& why);
  /// Of a member. False: too much waits, and the peer is closed.
  bool replace_metadata(std::string_view room, Payload metadata, room_change::Update::Answer answer,
                        std::string_view request);
  bool list(std::string_view room, room_change::List::Answer answer, std::string_view request);
  Decision may_update(std::string_view room, std::string_view metadata);
  /// False: it joins too often.
  bool take_join();
  bool has_alias(std::string_view name) const;
  /// Those that another peer has not taken over.
  std::size_t alias_count();
  void add_alias(std::string_view name);

 private:
  enum class State : std::uint8_t { admitting, open, away, gone };
  /// Another node has asked for it.
  struct Departure {
    handover::Request request;
    ScopedDeadline deadline;
    int attempts = 0;
    bool is_under_way = false;
    bool is_displaced = false;
    bool has_newest = false;  // the client has shown the newest secret
    std::vector<handover::History::Away> away = {};
    std::vector<handover::History::Room> rooms = {};  // that have it on the other node
  };
  /// It comes from another node.
  struct Arriving {
    std::vector<Callback<void()>> waiting;
    std::size_t rooms_left = 0;
    bool has_history = false;                        // or it is not waited for any more
    std::vector<handover::History::Room> left = {};  // there
    std::vector<handover::History::Away> away = {};  // as its client was told there
    std::vector<handover::History::Room> come = {};  // here
    ScopedDeadline deadline;
  };
  /// The deadline of the protocol.
  struct WakeUp {
    TimePoint when;
    ScopedDeadline deadline;
  };

  void admitted(PeerAdmission::Admitted admission);
  /// Those that the policy gives this peer. Empty: those of its protocol.
  std::string own_ice_servers();
  /// False: the router is full or shutting down, and the peer is refused.
  bool enter_directory();
  void on_admission(PeerAdmission::Result result);
  void move_to(PeerSession& peer);

  // peer_resume.cpp: a peer without its connection, and with the next.
  void grant(std::chrono::seconds time);
  void end_grace();
  bool outlives(CloseReason reason) const noexcept;
  /// Keeps what others see of it and what is counted together.
  void set_away(bool is_away) noexcept;
  void go_away(CloseReason reason);
  /// The connection was lost, and the grace begins.
  void begin_away(CloseReason reason);
  void come_back();
  event::Resumption repeated_answer() const;
  event::Resumption how_to_resume(std::optional<std::uint64_t> received) const;
  std::vector<Frame> first_frames(const event::Resumption& answer, std::optional<std::uint64_t> received);
  void set_identity(std::unique_ptr<Identity> identity);
  void leave_forbidden_rooms();
  void remember_end(CloseReason reason);
  std::shared_ptr<PeerGrace> grace() noexcept override { return {shared_from_this(), grace_.get()}; }
  void acknowledge() override;
  void tell_away() override;
  void grace_over() override;
  bool is_suspended() const noexcept { return state_ == State::open && is_away(); }
  void confirm_welcome() noexcept;
  void acknowledged(std::uint64_t received, std::string_view request);

  // peer_move.cpp: a peer that goes to another node, or comes from one.
  template <class Function>
  void departs_in(std::chrono::milliseconds time, Function function);
  void try_to_depart();
  handover::Answer::Verdict judge(const handover::Request& request) const noexcept;
  void depart();
  void stay();
  void displaced();
  void moved_from(const RoomId& room, const RoomPicture& picture) override;
  void left_for_other_node(const handover::History::Room& room);
  void hand_over_history();
  void answer_move(const handover::Request& request, const handover::Answer& answer) const;
  void answer_move(const handover::Request& request, handover::Answer::Verdict verdict) const;
  /// `former`: 0 for a stay of its own.
  void move_into(const handover::Answer::Room& room, Epoch former, const NodeId& node);
  struct Moved;
  void moved_into(const Moved& moved);
  bool has_seen_all() const;
  void adopt(handover::History history);
  void tell_who_is_away();
  void tell_who_is_back(const std::vector<handover::History::Away>& away);
  void end_arrival_if_complete();

  void release_id(CloseReason reason);
  void tell(const Event& event) { mailbox_.tell(event); }
  void tell_end(errc code, std::string_view why);
  void refuse(errc code, std::string_view message, CloseReason reason);
  bool refuse_overload();

  /// Does what the protocol appends to the commands, and follows its deadline.
  template <class Ask>
  void obey(Ask ask);
  void open_protocol();
  void follow_deadline();
  void on_deadline();
  void handle(const MessageView& message) override;
  void handle_measured(const MessageView& message);
  void execute(const Command& command);
  bool accepts_commands(std::string_view request);
  void send_now(const Message& message, std::string_view request);
  void defer_send(const Message& message, std::string_view request);
  Decision ask_policy(const Message& message);
  errc check_message(const Message& message) const noexcept;
  SendResult route(const Message& message);
  SendResult route_to_peer(const Message& message, Route route);
  bool may_reach_strangers(const Message& message) const noexcept;

  /// Runs `function` behind what waits.
  void defer(std::size_t bytes, Callback<void()> command) { defer({bytes, std::move(command)}); }
  void defer(InputQueue::Item item);
  std::shared_ptr<PeerInput> input() noexcept override { return {shared_from_this(), &input_}; }
  void ended(CloseReason reason) override;
  /// Leaves everything. What is queued for the peer is still flushed.
  void end(CloseReason reason);

  const std::shared_ptr<RouterServices> services_;
  const std::shared_ptr<Protocol> protocol_;  // null: a local peer
  State state_ = State::admitting;
  std::atomic<bool> sent_away_{false};
  std::chrono::milliseconds reconnect_after_{0};  // if it was
  std::atomic<bool> is_away_{false};
  std::atomic<bool> has_session_{false};  // a grace, and a client that can resume it
  // Other threads look at the id, which the mailbox has, only when this is set, and then it does not change any more.
  std::atomic<bool> has_id_{false};
  bool has_wished_id_ = false;
  bool is_early_ = false;  // what is handled came before the welcome
  bool has_gap_ = false;   // what the client missed is not known: that of another node did not come
  ResumeSecrets secrets_;
  std::unique_ptr<Identity> identity_;
  std::unique_ptr<Identity> former_identity_;  // for those who still look at it
  std::atomic<const Identity*> shown_identity_{nullptr};
  std::shared_ptr<ClientLink> link_;
  std::chrono::seconds max_away_{0};          // what the policy allows
  std::unique_ptr<PeerGrace> grace_;          // null: it has none
  std::vector<Membership> rooms_;             // sorted by id
  std::vector<std::string> aliases_;          // those that another peer has taken over included
  std::shared_ptr<PeerAdmission> admission_;  // while admitting
  std::weak_ptr<PeerJoin> join_;              // while one is under way
  TokenBucket joins_;
  std::unique_ptr<WakeUp> wake_up_;       // null: the protocol has no deadline
  std::unique_ptr<Departure> departure_;  // null: no other node has asked for it
  std::unique_ptr<Arriving> arriving_;    // null: it has come, or was here from the beginning
  Mailbox mailbox_;
  PeerInput input_;
};

}  // namespace signaling
