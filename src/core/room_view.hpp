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
#include "core/loop.hpp"
#include "core/room_members.hpp"
#include "core/room_order.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/room.hpp"

namespace signaling {

class RouterCore;
enum class IfFull : std::uint8_t;

/// This node's picture of a room: its local members, and those of other nodes as the store tells them.
///
/// RoomOrder says what is done next. A change is done in three steps: the store decides; the event is encoded; under the
/// lock the table changes and the event goes into the mailboxes of the members. Messages pass between two changes under the
/// same lock. Hence the promises: one order for all, the snapshot and the events after it fit together, nothing from a
/// peer before its join or after its leave.
///
/// Threads: any. One at a time does what there is to do, and only that one changes the table, except for `abandon`. No
/// user code (encoder, store, log, executor) runs under the lock.
/// Errors: an exception of user code, or of memory, ends what it came in, and nothing else: whoever asked gets `internal`,
/// members that have missed something get `messages_lost`.
class RoomView final : public Room, public std::enable_shared_from_this<RoomView> {
 public:
  RoomView(std::shared_ptr<RouterCore> core, RoomId id)
      : shared_core_(std::move(core)), core_(*shared_core_), id_(std::move(id)) {}

  const RoomId& id() const noexcept override { return id_; }
  Version version() const override;
  std::size_t size() const override;
  std::vector<Member> members() const override;
  /// The version up to which this picture is complete: 0 without local members, since then no news come.
  Version followed_version() const;

  /// The version at which this member joined; 0: it is none.
  Version joined_at(std::string_view peer);

  /// To all members but `skip`. `encoded` is the envelope's event. `sender`, unless null, is a local peer that has joined:
  /// `not_joined` if another connection has taken its place here, and it was not told yet.
  SendResult broadcast(const Envelope& envelope, EncodedEvent& encoded, const Mailbox* sender,
                       const Mailbox* skip);
  /// The same to one member. Nothing if it is not in this room.
  std::optional<SendResult> send_to(const Envelope& envelope, EncodedEvent& encoded, const Mailbox* sender);

  /// Does the change when those before it are done. False if the room is retired: the change is untouched.
  bool submit(RoomChange& change);
  /// What the store tells. Without members here it is for nobody.
  void hear(RoomNews news);
  void hear(const Envelope& message);
  /// Of a message that goes to a peer, and through no room: is `receiver` a member here, and may its sender still be told to
  /// have joined, of the membership that the message was sent by?
  bool awaits_sender(const Envelope& message, const Mailbox& receiver);
  /// Delivers it, in `encoded`, which has the receiver's language. `not_joined`: its sender is not seen here, of that
  /// membership. Nothing: the receiver is not in this room.
  std::optional<SendResult> deliver_to(Mailbox& receiver, const Envelope& message,
                                       const EncodedEvent& encoded);
  /// The message that the room has halted for has its turn.
  void resume();
  /// Tells all local members of an error that nobody's request has caused.
  void warn(errc code);
  /// The router ends: members and rooms let go of each other.
  void abandon();

 private:
  using Entry = RoomMembers::Entry;
  using Snapshot = RoomMembers::Snapshot;

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

  void forget_if_left();
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
  void handle(room_news::Resync& resync);

  /// Asks the store who is there. Nothing else is done until `then` was called with what came.
  using Looked = Callback<void(std::error_code, const RoomState&)>;
  void look(Looked then);
  void snapshot_came(std::uint64_t number, std::error_code error, RoomState state);
  void catch_up(const RoomState& state, std::size_t count);
  bool is_due(const RoomNews& news, const RoomState& state);
  void reconcile(const RoomState& state, Version version);
  void apply_remote(const MembershipChange& change);
  bool is_other_membership(const StoreMember& member);

  /// Runs between two changes, so the sender stays a member until its message is delivered.
  void deliver_remote(const Envelope& envelope);
  SendResult deliver_here(const Envelope& envelope);

  // These change the table and tell the members in one step.
  void insert(Entry entry, Version version);
  void insert_remote(const StoreMember& member, Version version);
  void evict(const PeerId& id, Version version);
  void push_out(std::string_view peer, Epoch epoch, Version version, LeaveReason reason);
  /// Removes a member that the others could not be told of.
  void drop(const Mailbox& peer) noexcept;
  bool erase(std::string_view peer, Epoch epoch, Version version, LeaveReason reason);
  SendResult replace_metadata(std::string_view peer, Epoch epoch, const Payload& metadata, Version version);
  /// Encodes in every language needed, then runs `change` and delivers to all local members but `skip` under one lock.
  /// False from `change`: there is nothing to tell any more.
  template <class Change>
  SendResult tell(EncodedEvent& encoded, const Mailbox* skip, IfFull if_full, Change change);

  void refuse(Mailbox& peer, errc error, std::string_view request);
  Snapshot copy_members(std::string_view except) const;
  /// How many bytes of news may wait.
  std::size_t max_news_bytes() const noexcept;

  // Under the lock:
  bool is_checked(const Envelope& message) const noexcept;
  bool has(const Mailbox& local);
  bool is_ahead(const Envelope& message);
  SendResult push_to_all(const EncodedEvent& encoded, const Mailbox* skip, IfFull if_full,
                         Wakes& wakes) noexcept;
  void push_joined(const MemberView& peer, const EncodedEvent& older, const EncodedEvent& younger,
                   Wakes& wakes) noexcept;

  const std::shared_ptr<RouterCore> shared_core_;
  RouterCore& core_;
  const RoomId id_;
  mutable std::mutex mutex_;
  RoomMembers members_;
  RoomOrder order_;
  Version doubted_ = 0;  // up to here the store was asked for members that it does not know
  Looked looked_;        // belongs to whoever has the turn
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
