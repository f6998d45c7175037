#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/error.hpp"
#include "simulation/model_database.hpp"
#include "simulation/scheduler.hpp"
#include "simulation/trace.hpp"

namespace signaling::simulation {

/// Knows what every client has asked, said and heard, and nothing of the system between them; tells when that cannot be.
///
/// A `life` is a peer from the welcome of a new one to its end, on one connection or, where its client resumes, several. Its
/// metadata in a room begin with `L`, its number, a point, and the number of
/// this membership, so that two lives of one peer id, and two stays of one life, can be told apart: "L17.41.58".
class Oracle {
 public:
  /// Whether clients may join while the database is away.
  enum class Joins : std::uint8_t { always, with_database };
  Oracle(const Scheduler& scheduler, Trace& trace) : scheduler_(scheduler), trace_(trace) {}
  void expect(Joins joins) noexcept { joins_ = joins; }
  /// Whether all messages that a client has not confirmed are kept for it.
  enum class Kept : std::uint8_t { all, some };
  void expect(Kept kept) noexcept { kept_ = kept; }
  /// Where a life goes on: on its node, or wherever its client connects.
  enum class Resumes : std::uint8_t { on_its_node, anywhere };
  void expect(Resumes resumes) noexcept { resumes_ = resumes; }

  /// The first thing that cannot be; empty: all is well.
  const std::string& failure() const noexcept { return failure_; }
  void fail(std::string what);

  // What the clients do.
  /// `secret`: one that is none of the client's own.
  std::uint32_t begin(const PeerId& id, const NodeId& node, const std::string& secret);
  enum class Counts : std::uint8_t { no, yes };
  /// The client of this life connects again, here, with one of its secrets, and tells what it has received, or not.
  void comes_back(std::uint32_t life, const NodeId& node, const std::string& secret, Counts counts);
  /// The answer to either, on the client's connection of this number. Gives the life that goes on.
  std::uint32_t welcomes(std::uint32_t life, std::uint32_t connection, std::string_view line);
  void is_refused(std::uint32_t life, CloseReason reason);
  /// Messages were lost: what was said is done, but for that which is said again, and the answers may be lost.
  void begins_again(std::uint32_t life, const std::deque<std::string>& said_again);
  /// The client has told that it has the last welcome.
  void confirms_welcome(std::uint32_t life);
  /// Nothing passes any more.
  void goes_offline(std::uint32_t life);
  /// The process knows that one of the life's connections is over.
  void disconnected(std::uint32_t life, std::uint32_t connection);
  void is_closed(std::uint32_t life, CloseReason reason);
  /// Nothing of this process is left.
  void node_gone(const NodeId& node);
  void asks(std::uint32_t life, std::string_view verb, const RoomId& room, const std::string& tag,
            const std::string& metadata = {});
  /// Whether a message says through which room it goes, or only to whom.
  enum class Names : std::uint8_t { room, peer };
  /// Gives the number that the message is known by. `room`: where the sender sees the receiver.
  std::uint64_t sends(std::uint32_t life, const RoomId& room, const PeerId& to, std::size_t bytes,
                      Names names);
  void hears(std::uint32_t life, std::string_view line);
  void ends(std::uint32_t life);
  void stopped_reading(std::uint32_t life) { lives_[life].reads = false; }

  // What a client knows of itself.
  struct Other {
    std::string metadata;
    /// Of the two, this client is the one who gives way.
    bool is_polite = false;
    bool is_away = false;
    friend bool operator==(const Other&, const Other&) = default;
  };
  using View = std::map<PeerId, Other, std::less<>>;
  struct Membership {
    enum class State : std::uint8_t { joining, in, leaving };
    State state = State::joining;
    std::uint64_t number = 0;
    View view;
    Version version = 0;
    /// When it was answered.
    TimePoint since{};
    /// Its own. More than one: nobody knows which.
    std::set<std::string> metadata;
  };
  using Rooms = std::map<RoomId, Membership, std::less<>>;
  const Rooms& rooms_of(std::uint32_t life) const { return lives_[life].rooms; }
  bool is_updating(std::uint32_t life, std::string_view room) const;
  const PeerId& id_of(std::uint32_t life) const { return lives_[life].id; }
  const NodeId& node_of(std::uint32_t life) const { return lives_[life].node; }
  /// All that it ever had, the newest last.
  const std::vector<std::string>& secrets_of(std::uint32_t life) const { return lives_[life].secrets; }
  bool is_good(std::uint32_t life, const std::string& secret) const;
  /// The newest that is good no more; empty: there is none.
  std::string old_secret_of(std::uint32_t life) const;
  /// It knows which rooms it is in.
  bool knows_rooms(std::uint32_t life) const { return lives_[life].missing_lists.empty(); }

  // What happens to the system. Loss is excused, if it is told, while something is wrong, and not otherwise.
  void disturb(TimePoint until) { disturbed_until_ = std::max(disturbed_until_, until); }
  TimePoint disturbed_until() const noexcept { return disturbed_until_; }

  /// To be called every now and then.
  void check_messages();
  /// Who is connected to this node, which is awake since then, has its answers.
  void check_answers(const NodeId& node, TimePoint awake_since);
  /// Of those who were on this node, which is awake since then, nobody is away for too long.
  void check_graces(const NodeId& node, TimePoint awake_since);
  /// Who is connected to this node sees everybody who has joined a while ago.
  void check_sees_all(const NodeId& node);
  /// Nobody sees anybody who was on this node.
  void check_no_ghosts(const NodeId& node);
  /// Nothing was wrong for long: what each client sees, what the database has, and what is are the same.
  void check_converged(const ModelData& data);

 private:
  struct Request {
    std::string verb;
    RoomId room;
    std::string metadata;
    TimePoint at;
    /// It is done, and the answer may be lost.
    bool is_optional = false;
  };
  struct Seen {
    TimePoint at;
    RoomId room;
    std::uint32_t life = 0;
  };
  struct Attempt {
    NodeId node;
    std::string secret;
    Counts counts = Counts::no;
    /// The process had to know how the life's last connection stood: it had one, or its grace lasted.
    bool is_known = false;
  };
  struct LifeRecord {
    std::uint32_t number = 0;
    PeerId id;
    NodeId node;
    /// Those before `good_from` are good no more.
    std::vector<std::string> secrets;
    std::size_t good_from = 0;
    std::chrono::seconds keep{0};
    std::optional<Attempt> attempt;
    TimePoint welcomed_at{};
    TimePoint begun_again_at{};
    TimePoint moved_at{};
    bool was_elsewhere = false;  // an attempt on another node, whose answer has not come
    /// For good.
    std::optional<TimePoint> ended;
    bool is_replaced = false;
    std::optional<TimePoint> offline_since;
    TimePoint was_offline_since{};  // before the last welcome
    /// Connections that the processes do not know to be over, and when there were none any more.
    std::size_t connections = 0;
    std::optional<TimePoint> lost_at;
    /// That which had the last welcome, and when it was over. A later one whose welcome got lost may have taken its place.
    std::uint32_t link = 0;
    std::optional<TimePoint> link_lost_at;
    /// Somebody has shown one of its secrets on another node: what became of it there nobody may know.
    bool is_doubtful = false;
    /// One that may have begun the counts again.
    bool has_missed_answer = false;
    /// Rooms whose lists are to come in place of what was lost.
    std::set<RoomId, std::less<>> missing_lists;
    bool reads = true;
    Rooms rooms;
    std::map<std::string, Request, std::less<>> requests;
    std::vector<Seen> left;                             // rooms of its own, `life` unused
    std::vector<Seen> saw_leave;                        // others
    std::vector<TimePoint> told_of_loss;                // that something was lost, or may be
    std::vector<TimePoint> told_of_full;                // that a queue on another node was full
    std::map<std::uint32_t, std::uint64_t> last_heard;  // by sender: the number of the last message
  };
  struct Message {
    std::uint64_t number = 0;
    std::uint32_t from = 0;
    RoomId room;
    std::uint64_t membership = 0;
    PeerId to;
    std::size_t bytes = 0;
    Names names = Names::room;
    /// By which it may be heard: that of `room`, or all that the sender had.
    struct Way {
      std::uint64_t membership = 0;
      /// Its join was answered.
      bool is_sure = true;
    };
    std::map<RoomId, Way, std::less<>> ways;
    TimePoint said;
    TimePoint at;  // when it was accepted
    std::vector<std::uint32_t> missing;
    std::set<std::uint32_t> received;
  };
  using Words = std::vector<std::string_view>;

  // oracle.cpp: events.
  void hear(LifeRecord& life, std::string_view line);
  void hear_answer(LifeRecord& life, const Words& words);
  void hear_updated(LifeRecord& life, const Words& words);
  void hear_joined(LifeRecord& life, const Words& words);
  void hear_members(LifeRecord& life, const Words& words);
  void hear_left(LifeRecord& life, const Words& words);
  void hear_change(LifeRecord& life, const Words& words);
  void hear_error(LifeRecord& life, const Words& words);
  void refuse(LifeRecord& life, const Request& request, std::string_view code);
  Membership* member(LifeRecord& life, std::string_view room);
  std::optional<Request> take_request(LifeRecord& life, std::string_view tag, std::string_view verb);
  View listed(LifeRecord& life, const Words& words);
  void advance(LifeRecord& life, Membership& membership, std::string_view version);
  void fail(const LifeRecord& life, std::string_view what, std::string_view line);

  // oracle_sessions.cpp
  LifeRecord& new_life(const PeerId& id, const NodeId& node);
  std::uint32_t begin_other(LifeRecord& former, const Attempt& attempt, std::string_view id);
  void check_resumption(const LifeRecord& life, const Attempt& attempt, std::string_view resumed,
                        std::string_view line);
  void check_nobody_has(const LifeRecord& newcomer);
  void doubt(const NodeId& node, const std::string& secret);
  bool is_in_grace(const LifeRecord& life) const;
  bool has_gone(const LifeRecord& life) const;
  bool may_leave(const LifeRecord& life, std::string_view room, std::string_view metadata) const;
  void hear_list_again(LifeRecord& life, const Words& words);
  void hear_presence(LifeRecord& life, const Words& words);
  void check_lists(const LifeRecord& life);

  // oracle_messages.cpp
  void hear_message(LifeRecord& life, const Words& words);
  static bool sees_another(const LifeRecord& life, const PeerId& id, std::uint32_t number);
  bool may_hear(const LifeRecord& life, const Message& message) const;
  void accept(LifeRecord& life, std::uint64_t number);
  bool is_calm_since(TimePoint time) const;
  bool is_excused(const Message& message, const LifeRecord& receiver) const;
  bool is_settled(Message& message);

  // oracle_final.cpp
  void check_requests(const LifeRecord& life);
  void check_view(const LifeRecord& life, const RoomId& room, const Membership& membership);
  void check_pair(const LifeRecord& life, const LifeRecord& other, const RoomId& room);
  void check_data(const ModelData& data);
  void check_place(const ModelData& data, const LifeRecord& life, const RoomId& name,
                   const Membership& membership);
  std::vector<const LifeRecord*> members_of(const RoomId& room) const;

  TimePoint now() const noexcept { return scheduler_.now(); }

  const Scheduler& scheduler_;
  const TimePoint began_ = scheduler_.now();
  Trace& trace_;
  std::string failure_;
  std::deque<LifeRecord> lives_;
  std::deque<Message> messages_;
  std::deque<std::uint64_t> unsettled_;  // accepted, by number
  TimePoint disturbed_until_{};
  Joins joins_ = Joins::always;
  Kept kept_ = Kept::all;
  Resumes resumes_ = Resumes::on_its_node;
};

}  // namespace signaling::simulation
