#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/encoded_event.hpp"
#include "core/held_envelope.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/command.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/room.hpp"
#include "signaling/core/state_store.hpp"

namespace signaling {

class PeerSession;
class RouterCore;
class RoomView;

/// What local peers want of a room, and what the store tells it. A room does one after the other, so all its members
/// see one order.
namespace room_change {

struct Join {
  std::shared_ptr<PeerSession> peer;
  Payload metadata;
  std::string request;
  std::size_t capacity = 0;
  command::Join::Answer answer = command::Join::Answer::joined;
  Callback<void(errc, std::shared_ptr<RoomView>)> done;
};
struct Leave {
  std::shared_ptr<PeerSession> peer;
  LeaveReason reason = LeaveReason::leave;
  std::string request;
};
struct Update {
  std::shared_ptr<PeerSession> peer;
  Payload metadata;
  /// A join of somebody who is in the room already has its answer from the `List` that follows.
  enum class Answer : std::uint8_t { updated, none } answer = Answer::updated;
  std::string request;
};
/// Tells one member who is there. In the queue, so that what it sees afterwards fits to it.
struct List {
  std::shared_ptr<PeerSession> peer;
  enum class Answer : std::uint8_t { members, joined } answer = Answer::members;
  std::string request;
};

}  // namespace room_change

using RoomChange =
    std::variant<room_change::Join, room_change::Leave, room_change::Update, room_change::List>;

namespace room_news {

/// The store has decided about the change that the room has asked it for.
struct Answer {
  std::error_code error;
  StateStore::Joined joined;  // of other changes only the version
};
/// Another node's change, message, or that some were missed.
struct Change {
  MembershipChange change;
};
struct Message {
  HeldEnvelope held;
  /// Of SenderOrder.
  std::uint64_t number = 0;
};
struct Resync {
  Missed missed = Missed::changes;
};

}  // namespace room_news

using RoomNews = std::variant<room_news::Answer, room_news::Change, room_news::Message, room_news::Resync>;

/// This node's picture of a room: its local members, and those of other nodes as the store tells them.
///
/// Changes that local peers want queue up and are done one at a time, each in three steps: the store decides; the event
/// is encoded; under the lock the table changes and the event goes into the outboxes of the members. Messages pass
/// between two changes under the same lock. What the store tells comes in the order in which it happened, the answer to
/// the change under way included, so it is done as it comes. Hence the promises: one order for all, the snapshot and the
/// events after it fit together, nothing from a peer before its join or after its leave.
///
/// States: live -> retired (empty; a later join makes a new object).
/// Live: idle; `awaiting_` the store's answer to a change, which only keeps other changes waiting; `stopped_` until a
/// snapshot is there or a message has its turn, which keeps everything waiting.
/// Threads: any; whoever sets `running_` does what there is to do. No user code (encoder, policy, store) runs under the
/// lock.
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

  /// To all members but `skip`. `encoded` is the envelope's event.
  SendResult broadcast(const Envelope& envelope, EncodedEvent& encoded, const PeerSession* skip);
  /// To one member, in `encoded`, which is the envelope's event. Nothing if it is not in this room.
  std::optional<SendResult> send_to(const Envelope& envelope, EncodedEvent& encoded);

  /// Does the change when those before it are done. False if the room is retired: the change is untouched.
  bool submit(RoomChange& change);
  /// What the store tells. Without members here it is for nobody.
  void hear(RoomNews news);
  void hear(const Envelope& message);
  /// The message that the room has stopped for has its turn.
  void resume();
  /// Tells all local members of an error that nobody's request has caused.
  void warn(errc code);
  /// The router ends: members and rooms let go of each other.
  void abandon();

 private:
  struct RemotePeer {
    PeerId id;
    NodeId node;
  };
  struct Entry {
    std::shared_ptr<PeerSession> local;  // exactly one of these two
    std::unique_ptr<RemotePeer> remote;
    Payload metadata;
    Epoch epoch = 0;
    Version joined_at = 0;

    const PeerId& id() const noexcept;
    MemberView view() const noexcept { return {id(), metadata.view(), joined_at}; }
  };
  // Members copied out from under the lock, so that user code can look at them.
  struct Snapshot {
    Version version = 0;
    Member self;
    std::vector<Member> others;
  };

  // room_turns.cpp: what is done next.
  void run();
  void take_turn(std::unique_lock<std::mutex> lock);
  bool stops_for(const RoomNews& news);
  /// `news_before`: so many of `news_` came before the snapshot.
  void see(std::error_code error, const RoomState& state, std::size_t news_before,
           Callback<void(std::error_code, const RoomState&)>& then);
  void catch_up(const RoomState& state, std::size_t count);
  bool is_due(const RoomNews& news, const RoomState& state);
  bool is_free_for(const Envelope& message);

  void start(room_change::Join& change);
  void start(room_change::Leave& change);
  void start(room_change::Update& change);
  void start(room_change::List& change);

  void handle(room_news::Answer& answer);
  void handle(room_news::Change& news);
  void handle(room_news::Message& message);
  void handle(room_news::Resync& resync);

  void finish(room_change::Join& change, room_news::Answer& answer);
  void finish(room_change::Leave& change, room_news::Answer& answer);
  void finish(room_change::Update& change, room_news::Answer& answer);
  void finish(room_change::List& /*change*/, room_news::Answer& /*answer*/) {}
  void complete(room_change::Join& change, Version version, Version joined_at);
  void complete(room_change::Leave& change, Version version);
  void complete(room_change::Update& change, Version version);
  /// `complete` may only tell the members of `version` when they have been told of all before.
  void complete_at(Version version, Callback<void(Version)> complete);
  /// Asks the store who is there. Nothing else is done until `then` was called with what came.
  void look(Callback<void(std::error_code, const RoomState&)> then);

  void reconcile(const RoomState& state, Version version);
  void apply_remote(const MembershipChange& change);
  bool is_other_membership(const StoreMember& member);
  /// Runs between two changes, so the sender stays a member until its message is delivered.
  void deliver_remote(const Envelope& envelope);

  // These change the table and tell the members in one step.
  void insert(Entry entry, Version version);
  void insert_remote(const StoreMember& member, Version version);
  void evict(const PeerId& id, Version version);
  void push_out(std::string_view peer, Epoch epoch, Version version, LeaveReason reason);
  bool erase(std::string_view peer, Epoch epoch, Version version, LeaveReason reason);
  bool replace_metadata(std::string_view peer, Epoch epoch, const Payload& metadata, Version version);
  /// Encodes in every language needed, then runs `change` and delivers to all local members but `skip` under one lock.
  template <class Change>
  SendResult tell(EncodedEvent& encoded, const PeerSession* skip, Delivery delivery, Change change);

  // Under the lock:
  Entry* find(std::string_view peer);
  bool is_member(const Envelope& message);  // its sender, as it was when it sent this
  Version joined_at(std::string_view peer);
  std::shared_ptr<const Encoder> missing_encoder(const EncodedEvent& encoded) const;
  SendResult push_to_all(const EncodedEvent& encoded, const PeerSession* skip, Delivery delivery);
  void push_joined(const MemberView& peer, const EncodedEvent& older, const EncodedEvent& younger);
  void add_entry(Entry entry);
  Entry take_entry(std::string_view peer);

  /// Nodes with members in this room, other than this one.
  std::vector<NodeId> remote_nodes() const;
  Snapshot copy_members(std::string_view except) const;

  const std::shared_ptr<RouterCore> shared_core_;
  RouterCore& core_;
  const RoomId id_;
  mutable std::mutex mutex_;
  Version version_ = 0;
  std::vector<Entry> entries_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> index_;  // of rooms that are large, or were
  std::size_t remote_count_ = 0;
  // Languages spoken by local members, with the number of those who speak it.
  boost::container::small_vector<std::pair<std::shared_ptr<const Encoder>, std::uint32_t>, 1> encoders_;
  // Lists, since they are empty for most of the time, and then take nothing.
  std::list<RoomChange> changes_;
  std::list<RoomNews> news_;
  RoomChange asked_;       // what the store's answer is awaited for; belongs to whoever runs
  Callback<void()> seen_;  // a snapshot has come
  bool running_ = false;
  bool awaiting_ = false;
  bool stopped_ = false;
  bool retired_ = false;
};

}  // namespace signaling
