#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/encoded_event.hpp"
#include "core/room_order.hpp"
#include "core/room_presence.hpp"
#include "core/router_services.hpp"
#include "core/sender_order.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/room.hpp"

namespace signaling {

/// A room as this node knows it: RoomPresence has its members, RoomOrder says what is done next, and this does it.
///
/// A change is done in two steps: the store decides, and then RoomPresence changes and tells. Hence one order for all.
///
/// Threads: any. One at a time does what there is to do, and only that one changes the members, except for `abandon`. No
/// user code (encoder, store, log, executor) runs under a lock.
/// Errors: an exception of user code, or of memory, ends what it came in, and nothing else: whoever asked gets `internal`,
/// members that have missed something get `messages_lost`.
class RoomView final : public Room, public SenderOrder::Place, public std::enable_shared_from_this<RoomView> {
 public:
  RoomView(std::shared_ptr<RouterServices> services, RoomId id);

  /// Gives the change to the room of that name, which is made if need be.
  static void submit_join(const std::shared_ptr<RouterServices>& services, std::string_view room,
                          room_change::Join join);
  /// To the members of a room, or to one of them, from somebody who is not in it. Fills in what `route` lacks.
  static SendResult send_from_outside(RouterServices& services, const Message& message, Route& route);

  const RoomId& id() const noexcept override { return id_; }
  Version version() const override { return presence_.version(); }
  std::size_t size() const override { return presence_.size(); }
  std::vector<Member> members() const override { return presence_.snapshot({}).others; }
  SendResult send(const Message& message, std::string_view from) override;
  std::error_code kick(std::string_view peer, std::string_view why) override;
  std::error_code close(std::string_view why) override;
  /// The version up to which this picture is complete: 0 without local members, since then no news come.
  Version followed_version() const { return presence_.followed_version(); }

  /// The version at which this member joined; 0: it is not in the room.
  Version joined_at(std::string_view peer) const { return presence_.joined_at(peer); }

  /// To all members but `skip`. `encoded` is the message's event. `sender`, unless null, is a local peer that has joined:
  /// `not_joined` if another connection has taken its place here, and it was not told yet. Fills in what `route` lacks for
  /// other nodes.
  SendResult broadcast(const Message& message, Route& route, EncodedEvent& encoded, Mailbox* sender,
                       const Mailbox* skip);
  /// The same to one member. Nothing if it is not in this room.
  std::optional<SendResult> send_to(const Message& message, Route& route, EncodedEvent& encoded,
                                    const Mailbox* sender);

  /// Does the change when those before it are done. False if the room is retired: the change is untouched.
  bool submit(RoomChange& change);
  /// What the store tells. Without members here it is for nobody.
  void hear(RoomNews news);
  void hear(const Message& message, const Route& route) override;
  /// Of a message that goes to a peer, and through no room: is `receiver` a member here, and may its sender still be told to
  /// have joined, of the membership that the message was sent by?
  bool awaits_sender(const Route& route, const Mailbox& receiver);
  /// Delivers it, in `encoded`, which has the receiver's language. `not_joined`: its sender is not seen here, of that
  /// membership. Nothing: the receiver is not in this room.
  std::optional<SendResult> deliver_to(Mailbox& receiver, const Route& route, const EncodedEvent& encoded,
                                       IfFull if_full) {
    return presence_.deliver_to(receiver, route, encoded, if_full);
  }
  /// The message that the room has halted for has its turn.
  void resume() override;
  /// This member has lost its connection, or has one again: the others are told, on all nodes.
  void set_away(const Mailbox& member, bool is_away);
  /// The member has lost messages: it is told of no change until it gets a list, which `list_members` adds to `frames`.
  void hold_changes(const Mailbox& member) { presence_.hold_changes(member); }
  void list_members(const Mailbox& member, std::vector<Frame>& frames);
  /// Tells all local members of an error that nobody's request has caused.
  void warn(errc code);
  /// The router ends: members and rooms let go of each other.
  void abandon();

 private:
  void take_turn(std::unique_lock<std::mutex> lock);
  void run();
  RoomAction next();
  /// Runs what may throw. False: it did, which is logged and counted.
  template <class Function>
  bool attempt(Function function) noexcept;
  void failed(std::string_view what) noexcept;
  /// The same for what the members are to know of.
  template <class Function>
  void attempt_to_tell(Function function) noexcept;

  // room_changes.cpp: how each is done.
  void perform(room_action::Ask& action);
  void perform(room_action::Finish& action);
  void perform(room_action::Handle& action);
  void perform(room_action::See& action);
  void perform(room_action::Rest& /*action*/) {}
  void perform(room_action::Retire& action);

  void start(room_change::Join& change, std::uint64_t number);
  void start(room_change::Leave& change, std::uint64_t number);
  void start(room_change::Update& change, std::uint64_t number);
  void start(room_change::List& change, std::uint64_t number);

  void finish(room_change::Join& change, room_news::Answer& answer);
  void finish(room_change::Leave& change, room_news::Answer& answer);
  void finish(room_change::Update& change, room_news::Answer& answer);
  void finish(room_change::List& change, room_news::Answer& answer);
  void complete(room_change::Join& change, Version version, Version joined_at);
  void complete(room_change::Leave& change, Version version);
  void complete(room_change::Update& change, Version version);
  /// `complete` may only tell the members of `version` when they have been told of all before.
  void complete_at(Version version, Callback<void(Version)> complete);
  /// The store has a member that could not be taken in here.
  void undo_join(const Mailbox& peer) noexcept;
  void admit(room_change::Join& change, Version version, Version joined_at);

  void handle(room_news::Answer& /*answer*/) {}
  void handle(room_news::Change& news);
  void handle(room_news::Message& message);
  void handle(room_news::Away& away) { presence_.set_away(away.peer, away.epoch, away.is_away); }
  void handle(room_news::Settled& settled) { presence_.end_move(settled.peer); }
  void handle(room_news::Resync& resync);

  /// Asks the store who is there. Nothing else is done until `then` was called with what came.
  using Looked = Callback<void(std::error_code, const RoomState&)>;
  void look(Looked then);
  void snapshot_came(std::uint64_t number, std::error_code error, RoomState state);
  void catch_up(const RoomState& state, std::size_t count);
  bool is_due(const RoomNews& news, const RoomState& state);
  void reconcile(const RoomState& state, Version version);
  void apply_remote(const MembershipChange& change);

  /// Runs between two changes, so the sender stays a member until its message is delivered.
  void deliver_remote(const Message& message, const Route& route);
  void deliver_remote(const OwnedMessage& owned) { deliver_remote(owned.message(), owned.route()); }

  /// An id that comes again without having left is a new connection of the same peer: the old one leaves first.
  void insert(RoomPresence::Entry entry, Version version);
  void insert_remote(const StoreMember& member, Version version);
  void relocate(const MembershipChange& change);
  bool relocate(RoomPresence::Entry& entry, Epoch from, Version version);
  void tell_who_is_away();
  /// To the other nodes.
  void publish_away(const Mailbox& member, bool is_away);
  void evict(const PeerId& id, Version version);
  /// A local peer whose place another connection has taken must not go on talking until the store says so.
  void push_out(std::string_view peer, Epoch epoch, Version version, LeaveReason reason);

  void refuse(Mailbox& peer, errc error, std::string_view request);
  /// How many bytes of news may wait.
  std::size_t max_news_bytes() const noexcept;

  const std::shared_ptr<RouterServices> services_;
  const RoomId id_;
  RoomPresence presence_;
  std::mutex mutex_;  // of the order; that of the presence may be taken in it
  RoomOrder order_;
  Looked looked_;  // belongs to whoever has the turn
};

template <class Function>
bool RoomView::attempt(Function function) noexcept {
  try {
    function();
    return true;
  } catch (const std::exception& exception) {
    failed(exception.what());
  } catch (...) {
    failed("unknown exception");
  }
  return false;
}

template <class Function>
void RoomView::attempt_to_tell(Function function) noexcept {
  if (!attempt(function)) (void)attempt([this] { warn(errc::messages_lost); });
}

}  // namespace signaling
