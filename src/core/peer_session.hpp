#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/encoded_event.hpp"
#include "core/input_queue.hpp"
#include "core/mailbox.hpp"
#include "core/room_view.hpp"
#include "core/token_bucket.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/transport.hpp"

namespace signaling {

class RouterCore;

/// A local peer is trusted: no policy, no rate, no bound of rooms.
enum class PeerOrigin : std::uint8_t { remote, local };

/// What of a host's word to a peer is told: all of it, up to a bound.
std::string_view cut_why(std::string_view why) noexcept;

/// A peer, from connection to end.
///
/// States: admitting (policy and store are asked) -> open -> gone. While an answer is awaited (`busy_`), or a message's
/// turn under the rates (`turn_`), later messages and commands wait in `input_`, so they take effect in the order they
/// came, and the transport is asked to stop reading.
/// Invariants: `rooms_` holds exactly the rooms that this peer has joined and not left; it changes only on the
/// executor. When `gone`, the peer is in no room and in no table, and its id is released.
/// Threads: as Peer says; `mailbox` from any thread.
class PeerSession final : public Peer,
                          private Mailbox::Owner,
                          public std::enable_shared_from_this<PeerSession> {
 public:
  PeerSession(std::shared_ptr<RouterCore> core, Transport& transport, std::unique_ptr<Protocol> protocol,
              PeerOrigin origin);
  ~PeerSession() override;

  /// Asks for admission. Once, first.
  void admit(ConnectInfo info);
  /// A local peer needs no policy; `id` may be empty. It owns its transport.
  void admit_local(PeerId id, Identity identity, std::unique_ptr<Transport> transport);

  const PeerId& id() const noexcept override;
  const Identity& identity() const noexcept override;
  void receive(const MessageView& message) override;
  void written(std::size_t bytes) override { mailbox_.written(bytes); }
  void disconnected(CloseReason reason) override;
  void join(std::string_view room, std::optional<std::string_view> metadata,
            std::string_view request) override;
  void join(const command::Join& command) override { join(own(command)); }
  void leave(std::string_view room, std::string_view request) override;
  void update(std::string_view room, std::string_view metadata, std::string_view request) override;
  void members(std::string_view room, std::string_view request) override;
  SendResult send(const Envelope& envelope) override;
  std::vector<RoomId> rooms() const override;
  std::size_t outbound_bytes() const noexcept override { return mailbox_.bytes(); }
  void set_ice_servers(std::string_view servers) override;
  void kick(std::string_view room, std::string_view why) override;
  void close(CloseReason reason, std::string_view why = {}) override;

  std::shared_ptr<Mailbox> mailbox() noexcept override { return {shared_from_this(), &mailbox_}; }
  Epoch epoch() const noexcept { return mailbox_.epoch(); }
  bool is_local() const noexcept { return origin_ == PeerOrigin::local; }
  /// True if `secret` is the one from this peer's welcome.
  bool proves(std::string_view secret) const noexcept;

  /// The rooms that this peer is in, for Envelope::from_rooms. On its executor.
  std::string sender_rooms() const;
  /// Whether a message that goes to an id, and through no room, may come here.
  bool is_within(const Envelope& envelope) const noexcept;

  void tell_error(errc code, std::string_view message, std::string_view request);

  const boost::asio::any_io_executor& executor() const noexcept { return mailbox_.loop()->executor(); }

  /// Tells the client to come back later, and closes it. False: it was told before.
  bool send_away(std::chrono::milliseconds reconnect_after);
  bool was_sent_away() const noexcept { return sent_away_.load(std::memory_order_relaxed); }

  /// Ends this peer for another connection of the same client; `done` runs when its rooms know.
  void replace(Callback<void()> done);

 private:
  enum class State : std::uint8_t { admitting, open, gone };

  struct Wish {
    std::string id;
    std::string resume;
  };
  void on_admission(const Admission& admission, const Wish& wish);
  std::optional<PeerId> choose_id(const Admission& admission, const Wish& wish);
  void claim(PeerId id, std::string_view resume);
  void on_claimed(std::error_code error, Epoch epoch, PeerId id);
  /// While an answer is awaited: sees to it that it does not take for ever.
  void await_answer(std::string_view request);
  void stop_waiting();
  void on_no_answer(std::string_view request);
  void release_id(CloseReason reason);
  void tell(const Event& event) { mailbox_.tell(event); }
  Deadlines& deadlines() noexcept { return *mailbox_.loop()->deadlines(); }
  void tell_end(errc code, std::string_view why);
  void refuse(errc code, std::string_view message, CloseReason reason);

  /// False: the message has to wait for its turn, and `resume` will be called.
  bool take_turn(std::size_t bytes);
  std::chrono::milliseconds time_to_turn(std::size_t bytes);
  void handle(const MessageView& message);
  void handle_measured(const MessageView& message);
  void execute(const Command& command);
  /// A command::Join with what its views pointed to.
  struct JoinRequest {
    std::string room;
    std::optional<Payload> metadata;
    std::string request;
    std::string alias;
    command::Join::AliasInUse alias_in_use = command::Join::AliasInUse::stay;
    command::Join::Answer answer = command::Join::Answer::joined;
    std::size_t capacity = 0;
    bool is_granted = false;  // by the policy
    std::size_t bytes() const noexcept {
      return room.size() + request.size() + alias.size() + (metadata ? metadata->size() : 0);
    }
  };
  // A join goes through these in turn; each may wait for an answer.
  JoinRequest own(const command::Join& command) const;
  void join(JoinRequest request);
  void start_join(JoinRequest request);
  bool may_update(std::string_view room, std::string_view metadata, std::string_view request);
  void on_decision(std::uint32_t number, const Decision& decision, JoinRequest request);
  void on_authorized(const Decision& decision, JoinRequest request);
  bool has_alias(std::string_view name) const;
  void add_alias(std::string_view name);
  /// Tells the client that a join has failed, and gives it up.
  void fail(const JoinRequest& request, errc error);
  /// Tells the policy that a join which it has granted came to nothing.
  void give_up(const JoinRequest& request, errc error);
  void claim_alias(JoinRequest request);
  void on_alias(std::error_code error, Epoch epoch, JoinRequest request);
  void submit_join(JoinRequest request);
  void on_join_result(errc error, const std::shared_ptr<RoomView>& room, const JoinRequest& request);
  void rejoin(const std::shared_ptr<RoomView>& room, JoinRequest request);
  void list(const std::shared_ptr<RoomView>& room, room_change::List::Answer answer, std::string request);
  SendResult route(const Envelope& envelope);
  SendResult route_to_peer(Envelope envelope);
  errc check_envelope(const Envelope& envelope) const noexcept;
  bool may_reach_strangers(const Envelope& envelope) const noexcept;
  void send_now(const Envelope& envelope, std::string_view request);

  bool accepts_commands(std::string_view request);
  bool valid_id(std::string_view id) const noexcept;
  bool valid_peer_id(std::string_view id) const noexcept;
  struct Membership {
    std::shared_ptr<RoomView> room;
    Payload metadata;
  };
  /// Null if the peer is not in that room.
  Membership* membership_of(std::string_view room);
  void add_room(std::shared_ptr<RoomView> room, Payload metadata);
  /// The peer is in no room of that name any more. False: it was not.
  bool leave_room(std::string_view id, LeaveReason reason, const std::string& request,
                  const std::string& why);
  void tell_room_of_leave(const std::shared_ptr<RoomView>& room, LeaveReason reason,
                          const std::string& request, const std::string& why);

  /// Runs `function` when nothing is awaited any more: at once, or behind what waits.
  bool must_wait() const noexcept { return busy_ || (input_ && input_->must_wait()); }
  void defer(std::size_t bytes, Callback<void()> command) {
    defer({std::nullopt, bytes, std::move(command)});
  }
  void defer(InputQueue::Item item);
  /// Counts a change that goes to a room as pending until the room is done with it. Nothing: there is no room for more,
  /// and this peer is closed.
  std::optional<PendingBytes> charge(std::size_t bytes);
  bool has_room() const noexcept;
  std::size_t pending_bytes() const noexcept;
  /// So much may be pending before the transport is asked to stop reading.
  std::size_t read_ahead() const noexcept;
  void resume();
  void update_reading();
  /// Continues on the executor: at once if the operation completed inside the call that started it.
  void on_executor(Callback<void()> function);
  void ended(CloseReason reason) override { end(reason); }
  /// Leaves everything. What is queued for the peer is still flushed.
  void end(CloseReason reason);

  const std::shared_ptr<RouterCore> core_;
  std::unique_ptr<Transport> own_transport_;
  const std::unique_ptr<Protocol> protocol_;
  const PeerOrigin origin_;
  State state_ = State::admitting;
  bool busy_ = false;
  bool is_reading_ = true;  // what the transport was asked for
  std::atomic<bool> sent_away_{false};
  // Other threads look at the id, which the mailbox has, and the identity only when this is set, and then neither changes
  // any more.
  std::atomic<bool> has_id_{false};
  bool has_wished_id_ = false;
  std::string secret_;
  std::unique_ptr<Identity> identity_;
  std::vector<Membership> rooms_;     // sorted by id
  std::vector<std::string> aliases_;  // those that another peer has taken over included
  // A join that the room may have completed already, though this peer has not been told yet.
  struct Joining {
    RoomId room;
    std::optional<std::string> kicked_for;  // set: it is to leave again
  };
  std::unique_ptr<Joining> joining_;
  std::unique_ptr<InputQueue> input_;  // null: nothing waits
  std::optional<Deadlines::Id> turn_;
  std::optional<Deadlines::Id> deadline_;
  std::uint32_t decision_ = 0;                  // counts the decisions on joins that were asked for
  std::atomic<std::size_t> bytes_in_rooms_{0};  // of changes that wait there
  InputRate rate_;
  TokenBucket joins_;
  Mailbox mailbox_;
};

}  // namespace signaling
