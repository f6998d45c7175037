#pragma once

#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "core/encoded_event.hpp"
#include "core/mailbox.hpp"
#include "core/room_members.hpp"
#include "signaling/core/room.hpp"

namespace signaling {

/// Who is in a room, and what those of this node are told of it: under one lock the table changes and the event goes into
/// the mailboxes of the members, and messages pass between two changes. Hence nothing from a peer comes before its join
/// or after its leave, and a list and the events after it fit together.
///
/// Threads: messages from any; changes by one at a time, which RoomView sees to, except for `clear`. Encoders are the
/// host's code, and never run under the lock.
/// Errors: an exception of an encoder, or of memory, leaves the table as it was.
class RoomPresence {
 public:
  using Entry = RoomMembers::Entry;
  using Snapshot = RoomMembers::Snapshot;

  /// Both outlive it. `here`: this node.
  RoomPresence(const RoomId& id, const NodeId& here) noexcept : id_(id), here_(here) {}

  Version version() const;
  /// The version up to which this picture is complete: 0 without local members, since then no news come.
  Version followed_version() const;
  std::size_t size() const;
  RoomPicture picture() const;
  bool has_local() const;
  Snapshot snapshot(std::string_view except) const;
  /// The version at which this member joined; 0: it is not in the room.
  Version joined_at(std::string_view peer) const;
  /// What is known of a member; nothing: it is not in the room.
  struct Known {
    Epoch epoch = 0;
    Version joined_at = 0;
    Payload metadata;
    std::shared_ptr<Mailbox> local;  // null: on another node
  };
  std::optional<Known> find(std::string_view peer) const;

  // Messages.

  /// To all local members but `skip`. `elsewhere` becomes the other nodes with members; if there are any, `route` is given
  /// the sender's membership. Nothing: `sender`, unless null, is a local peer that is not in the room.
  std::optional<SendResult> broadcast(const Message& message, Route& route, EncodedEvent& encoded,
                                      Mailbox* sender, const Mailbox* skip, std::vector<NodeId>& elsewhere);
  struct Addressee {
    enum class Place : std::uint8_t { nowhere, here, elsewhere };
    Place place = Place::nowhere;
    SendResult result;  // of one here
    NodeId node;        // of one elsewhere
  };
  /// To one member. `sender` and `route` as above: if the sender is not in the room, `result` is `not_joined`.
  Addressee send_to(const Message& message, Route& route, EncodedEvent& encoded, const Mailbox* sender);
  /// To this local member, in `encoded`, which has its language. `not_joined`: the sender is not in the room, by the
  /// membership that the route names. Nothing: the receiver is not.
  std::optional<SendResult> deliver_to(Mailbox& receiver, const Route& route, const EncodedEvent& encoded,
                                       IfFull if_full);
  /// What a peer of another node has sent: to the members here, or to one of them.
  SendResult deliver(const Message& message, const Route& route);
  /// To all local members.
  void tell_all(const Event& event);
  /// Is `receiver` in the room, and the sender not, by the membership that the route of its message names?
  bool lacks_sender(const Route& route, const Mailbox& receiver) const;
  bool has_sender(const Route& route) const;
  /// The sender has joined later than all that is known here.
  bool is_ahead(const Route& route) const;
  /// The store does not know of the sender of one that is ahead either: up to `joined_at` none is, for this version.
  void doubt(Version joined_at);

  // Changes. Each tells the members what they are to know, and charges it to the local peer that has caused it.

  /// No member may have its id.
  void insert(Entry entry, Version version);
  /// False: there is no such member of that epoch; the version grows all the same.
  bool erase(std::string_view peer, Epoch epoch, Version version, LeaveReason reason);
  SendResult replace_metadata(std::string_view peer, Epoch epoch, const Payload& metadata, Version version);
  /// A member has lost its connection, or has one again. Nothing happens if it is known, or is no member of that epoch.
  void set_away(std::string_view peer, Epoch epoch, bool is_away);
  /// The member of epoch `from` is on another node, or here, by a later claim; to the others it is the same as before, and
  /// has a connection: nobody is told, and its metadata stay. False: there is no such member. Otherwise `entry` is used up.
  bool relocate(Entry& entry, Epoch from);
  /// The store is about to be asked to move a member of the node `from` here: what local members say from now on will reach
  /// it here. From `relocate` or `insert` on, what members on its former node say is not for it, until `end_move`: that node tells it.
  void begin_move(std::shared_ptr<Mailbox> peer, const NodeId& from);
  void end_move(std::string_view peer) noexcept;
  /// Versions never go back.
  void advance(Version version);
  /// Removes a member that the others could not be told of.
  void drop(const Mailbox& peer) noexcept;
  /// This local member is told of no change until `list_for`.
  void hold_changes(const Mailbox& member);
  /// What the member is to be told instead: later changes go into its mailbox. Nothing: it is not in the room.
  std::optional<Snapshot> list_for(const Mailbox& member);
  /// Local members that are away.
  std::vector<std::shared_ptr<Mailbox>> away_here() const;
  /// What has happened on other nodes when the room is as the store says, and this is what was known.
  std::vector<MembershipChange> difference(const RoomState& state, Version version) const;
  /// Without members here the room was not followed: what is known of it is of the time before, and so are its versions.
  void forget_if_left();
  /// Nobody is in it any more, and nobody comes.
  void clear() noexcept;

 private:
  /// Encodes in every language needed, then runs `change` and delivers to all local members but `skip` under one lock.
  /// False from `change`: there is nothing to tell any more.
  /// What it costs is charged to `cause`, unless null.
  /// `sender_node`: of a message from another node.
  template <class Change>
  SendResult tell(EncodedEvent& encoded, const Mailbox* skip, IfFull if_full, Mailbox* cause, Change change,
                  std::string_view sender_node = {});

  // Under the lock:
  SendResult push_to_all(const EncodedEvent& encoded, const Mailbox* skip, IfFull if_full, Mailbox* cause,
                         std::string_view sender_node, Wakes& wakes) noexcept;
  bool hears_elsewhere(const Mailbox& member, std::string_view sender_node) const noexcept;
  Mailbox* coming(std::string_view peer) const noexcept;
  void note_arrival(const Entry& entry) noexcept;
  void push_to_coming(const EncodedEvent& encoded, IfFull if_full, Wakes& wakes) noexcept;
  void push_joined(const MemberView& peer, const EncodedEvent& older, const EncodedEvent& younger,
                   Wakes& wakes) noexcept;

  const RoomId& id_;
  const NodeId& here_;
  mutable std::mutex mutex_;
  /// A member that comes from another node.
  struct Mover {
    std::shared_ptr<Mailbox> peer;
    NodeId from;
    bool is_here = false;
  };
  RoomMembers members_;
  std::vector<Mover> movers_;
  Version doubted_ = 0;
  bool is_cleared_ = false;
};

}  // namespace signaling
