// What becomes of lives whose connections are lost.
#include <algorithm>
#include <string>
#include <utility>

#include "simulation/oracle.hpp"
#include "simulation/wire_language.hpp"

namespace signaling::simulation {
namespace {

using std::chrono::seconds;

std::string_view stay_of(std::string_view metadata) { return metadata.substr(metadata.find('.') + 1); }

// Of a secret: what all of one life have in common is what other nodes know.
constexpr std::size_t common_bytes = 28;

}  // namespace

Oracle::LifeRecord& Oracle::new_life(const PeerId& id, const NodeId& node) {
  LifeRecord& life = lives_.emplace_back();
  life.number = static_cast<std::uint32_t>(lives_.size() - 1);
  life.id = id;
  life.node = node;
  life.connections = 1;
  return life;
}

std::uint32_t Oracle::begin(const PeerId& id, const NodeId& node, const std::string& secret) {
  LifeRecord& life = new_life(id, node);
  life.requests["welcome"] = {"welcome", {}, {}, now()};
  life.attempt = Attempt{node, secret};
  doubt(node, secret);
  return life.number;
}

void Oracle::comes_back(std::uint32_t number, const NodeId& node, const std::string& secret, Counts counts) {
  LifeRecord& life = lives_[number];
  if (!life.offline_since) life.offline_since = now();
  // The answer to that may have been `rooms`, and is then repeated.
  const bool was_missed = life.attempt && life.attempt->counts == Counts::no;
  life.has_missed_answer = life.has_missed_answer || was_missed;
  life.attempt =
      Attempt{node, secret, counts, life.connections != 0 || (!life.ended && life.keep.count() != 0)};
  ++life.connections;
  life.was_elsewhere = life.was_elsewhere || node != life.node;
  life.requests["welcome"] = {"welcome", {}, {}, now()};
  doubt(node, secret);
}

// Other nodes take any secret that the life ever had for a proof.
void Oracle::doubt(const NodeId& node, const std::string& secret) {
  if (secret.empty()) return;
  for (LifeRecord& life : lives_) {
    const bool fits = !life.secrets.empty() && life.node != node &&
                      life.secrets.front().substr(0, common_bytes) == secret.substr(0, common_bytes);
    if (fits) life.is_doubtful = true;
  }
}

bool Oracle::is_good(std::uint32_t number, const std::string& secret) const {
  const LifeRecord& life = lives_[number];
  const auto first = life.secrets.begin() + static_cast<std::ptrdiff_t>(life.good_from);
  return std::find(first, life.secrets.end(), secret) != life.secrets.end();
}

std::string Oracle::old_secret_of(std::uint32_t number) const {
  const LifeRecord& life = lives_[number];
  return life.good_from == 0 ? std::string() : life.secrets[life.good_from - 1];
}

// For certain.
bool Oracle::is_in_grace(const LifeRecord& life) const {
  if (life.ended || life.keep.count() == 0 || life.is_doubtful) return false;
  return !life.link_lost_at || *life.link_lost_at + life.keep > now();
}

bool Oracle::has_gone(const LifeRecord& life) const {
  if (life.ended) return true;
  if (!life.offline_since) return false;
  // Of a node that is no more nobody checks when graces end.
  const bool is_over = resumes_ == Resumes::anywhere && !is_in_grace(life);
  return life.keep.count() == 0 || life.is_doubtful || is_over;
}

std::uint32_t Oracle::welcomes(std::uint32_t number, std::uint32_t connection, std::string_view line) {
  trace_.line("L" + std::to_string(number), line);
  LifeRecord& former = lives_[number];
  const Words words = words_of(line);
  const std::string_view resumed = words[4];
  const Attempt attempt = std::exchange(former.attempt, std::nullopt).value_or(Attempt{});
  former.requests.erase("welcome");
  const bool goes_on = resumed == "exact" || resumed == "rooms";
  if (goes_on || !former.secrets.empty()) check_resumption(former, attempt, resumed, line);
  if (!goes_on && !former.secrets.empty()) number = begin_other(former, attempt, words[1]);
  LifeRecord& life = lives_[number];
  const bool is_new = life.secrets.empty();
  // Whose secret does not fit is a new peer, where somebody else has the id.
  if (words[1] != life.id && (!is_new || attempt.secret.empty())) {
    fail(life, "another id than the one it asked for", line);
  }
  life.id = words[1];
  if (life.was_elsewhere || life.node != attempt.node) life.moved_at = now();
  life.was_elsewhere = false;
  life.node = attempt.node;
  if (is_new) check_nobody_has(life);
  if (std::ranges::find(life.secrets, words[2]) != life.secrets.end())
    fail(life, "has had this secret", line);
  if (!is_new) {
    const auto shown = std::ranges::find(life.secrets, attempt.secret);
    life.good_from = std::max(life.good_from, static_cast<std::size_t>(shown - life.secrets.begin()));
  }
  life.secrets.emplace_back(words[2]);
  life.keep = seconds(number_in(words[3]));
  life.welcomed_at = now();
  life.ended.reset();
  life.was_offline_since = life.offline_since.value_or(now());
  life.offline_since.reset();
  life.lost_at.reset();
  life.link = connection;
  life.link_lost_at.reset();
  // An attempt elsewhere may still be under way.
  if (is_new || resumes_ == Resumes::anywhere) life.is_doubtful = false;
  life.reads = true;
  return number;
}

// A new peer for the client of another, which may have had to go for it.
std::uint32_t Oracle::begin_other(LifeRecord& former, const Attempt& attempt, std::string_view id) {
  if (--former.connections == 0 && !former.lost_at) former.lost_at = now();
  if (id == former.id || !is_in_grace(former)) ends(former.number);
  const PeerId wish = former.id;
  return new_life(wish, attempt.node).number;
}

void Oracle::check_resumption(const LifeRecord& life, const Attempt& attempt, std::string_view resumed,
                              std::string_view line) {
  const bool is_here = attempt.node == life.node;
  const bool goes_on = resumed == "exact" || resumed == "rooms";
  const bool is_good = this->is_good(life.number, attempt.secret);
  if (goes_on && !is_here && resumes_ == Resumes::on_its_node) fail(life, "goes on elsewhere", line);
  if (goes_on && is_here && life.ended) fail(life, "goes on after its end", line);
  if (goes_on && is_here && !is_good) fail(life, "goes on with an old secret", line);
  if (goes_on && is_here && !life.is_doubtful && !attempt.is_known)
    fail(life, "goes on after its grace", line);
  if (resumed == "exact" && attempt.counts == Counts::no) fail(life, "knows what nobody has counted", line);
  const bool must_go_on = is_here && is_good && is_in_grace(life) && attempt.is_known;
  // Nodes that cannot see each other may have given its id away.
  const bool is_calm = is_calm_since(now() - seconds(20));
  if (must_go_on && !goes_on && is_calm) fail(life, "is forgotten", line);
  const bool may_have_lost = attempt.counts == Counts::no || !life.reads || kept_ == Kept::some ||
                             life.keep.count() == 0 || life.has_missed_answer;
  if (must_go_on && resumed == "rooms" && !may_have_lost) fail(life, "has lost something", line);
}

// Nodes that cannot see each other may give an id away twice.
void Oracle::check_nobody_has(const LifeRecord& newcomer) {
  if (!is_calm_since(now() - seconds(20))) return;
  for (const LifeRecord& life : lives_) {
    if (life.number == newcomer.number || life.id != newcomer.id || life.secrets.empty()) continue;
    const bool is_here = !life.ended && (!life.offline_since || is_in_grace(life));
    // One without a grace may have ended where an attempt that was given up had brought it.
    const bool may_be_over = resumes_ == Resumes::anywhere && life.keep.count() == 0;
    const bool was_here = life.is_replaced && !may_be_over && *life.ended + seconds(1) > now();
    // Nodes that have just started give ids away before they ask the database.
    const bool is_settled = life.welcomed_at > began_ + seconds(1);
    if ((is_here || was_here) && !life.is_doubtful && is_settled) {
      fail(newcomer, "takes the id of somebody who is there", "L" + std::to_string(life.number));
    }
  }
}

void Oracle::is_refused(std::uint32_t number, CloseReason reason) {
  LifeRecord& life = lives_[number];
  trace_.line("L" + std::to_string(number), "is refused: " + std::string(to_string(reason)));
  if (reason == CloseReason::bad_request) fail(life, "is refused", to_string(reason));
  life.requests.erase("welcome");
  if (life.secrets.empty()) ends(number);
}

void Oracle::is_closed(std::uint32_t number, CloseReason reason) {
  trace_.line("L" + std::to_string(number), "is closed: " + std::string(to_string(reason)));
  ends(number);
  lives_[number].is_replaced = reason == CloseReason::replaced;
}

void Oracle::confirms_welcome(std::uint32_t number) {
  LifeRecord& life = lives_[number];
  life.good_from = life.secrets.size() - 1;
  life.has_missed_answer = false;
}

void Oracle::goes_offline(std::uint32_t number) {
  LifeRecord& life = lives_[number];
  if (life.offline_since) return;
  trace_.line("L" + std::to_string(number), "is offline");
  life.offline_since = now();
}

void Oracle::disconnected(std::uint32_t number, std::uint32_t connection) {
  LifeRecord& life = lives_[number];
  if (connection == life.link && !life.link_lost_at) life.link_lost_at = now();
  if (--life.connections == 0) life.lost_at = now();
}

void Oracle::node_gone(const NodeId& node) {
  for (LifeRecord& life : lives_) {
    if (life.node != node || life.secrets.empty()) continue;
    const bool may_go_on = resumes_ == Resumes::anywhere && life.keep.count() != 0;
    life.is_doubtful = life.is_doubtful || may_go_on;
    may_go_on ? goes_offline(life.number) : ends(life.number);
  }
}

void Oracle::begins_again(std::uint32_t number, const std::deque<std::string>& said_again) {
  LifeRecord& life = lives_[number];
  life.begun_again_at = now();
  life.missing_lists.clear();
  for (auto& [tag, request] : life.requests) request.is_optional = true;
  for (const std::string& line : said_again) {
    const auto request = life.requests.find(words_of(line)[0]);
    if (request == life.requests.end()) continue;
    request->second.is_optional = false;
    request->second.at = now();
  }
  for (const auto& [room, membership] : life.rooms) {
    const bool is_sure = membership.state == Membership::State::in;
    if (is_sure) life.missing_lists.insert(room);
    for (const auto& [id, other] : membership.view) {
      life.saw_leave.push_back(
          {now(), room, static_cast<std::uint32_t>(number_in(std::string_view(other.metadata).substr(1)))});
    }
  }
  std::erase_if(life.rooms, [](const auto& room) { return room.second.state != Membership::State::joining; });
}

// In place of what was lost.
void Oracle::hear_list_again(LifeRecord& life, const Words& words) {
  const RoomId room(words[1]);
  if (life.begun_again_at == TimePoint{}) fail(life, "a list that nobody has asked for", room);
  life.missing_lists.erase(room);
  Membership& membership = life.rooms[room];
  membership.number = number_in(stay_of(words[4]));
  membership.state = Membership::State::in;
  membership.version = number_in(words[2]);
  membership.since = now();
  membership.view = listed(life, words);
  membership.metadata = {std::string(words[4])};
  for (const auto& [tag, request] : life.requests) {
    if (request.room != room) continue;
    if (request.verb == "update") membership.metadata.insert(request.metadata);
    if (request.verb == "leave") membership.state = Membership::State::leaving;
  }
}

void Oracle::check_lists(const LifeRecord& life) {
  for (const RoomId& room : life.missing_lists) fail(life, "has lost a room", room);
}

void Oracle::hear_presence(LifeRecord& life, const Words& words) {
  Membership* const membership = member(life, words[1]);
  if (membership == nullptr) return;
  const auto seen = membership->view.find(words[3]);
  if (seen == membership->view.end()) return fail(life, "hears of somebody who is not there", words[3]);
  const bool is_away = words[0] == "away";
  // After a loss a node may have found that nobody has come or gone, and told nobody.
  const Version version = number_in(words[2]);
  const bool may_be_ahead = version > membership->version && !is_calm_since(now() - seconds(20));
  if (version != membership->version && !may_be_ahead) fail(life, "a version that does not stand", words[2]);
  membership->version = version;
  // Its new node tells it who is away, and after a second who is not any more.
  const TimePoint told_at = life.welcomed_at == now() ? life.was_offline_since : now();
  const bool may_be_repeated = life.moved_at + seconds(3) > told_at;
  if (seen->second.is_away == is_away && !may_be_repeated) fail(life, "hears twice of somebody", words[3]);
  seen->second.is_away = is_away;
}

// Whoever has a connection, or may come back, leaves only a room that it has asked to leave.
bool Oracle::may_leave(const LifeRecord& life, std::string_view room, std::string_view metadata) const {
  if (life.ended || life.is_doubtful) return true;
  const auto membership = life.rooms.find(room);
  const bool is_in = membership != life.rooms.end() && membership->second.state == Membership::State::in &&
                     membership->second.number == number_in(stay_of(metadata));
  if (!is_in) return true;
  return life.offline_since && !is_in_grace(life);
}

void Oracle::check_graces(const NodeId& node, TimePoint awake_since) {
  const TimePoint a_while_ago = now() - seconds(20);
  // A grace stands still while another node has asked for the peer and does not take it.
  const seconds slack(resumes_ == Resumes::anywhere ? 6 : 2);
  for (LifeRecord& life : lives_) {
    const bool is_away = life.node == node && !life.ended && life.offline_since && life.connections == 0 &&
                         life.keep.count() != 0;
    if (!is_away || !life.lost_at || std::max(*life.lost_at, awake_since) + life.keep + slack >= now())
      continue;
    ends(life.number);
    for (const LifeRecord& other : lives_) {
      const bool looks =
          !has_gone(other) && !other.offline_since && other.reads && is_calm_since(a_while_ago);
      if (!looks) continue;
      for (const auto& [room, membership] : other.rooms) {
        const auto seen = membership.view.find(life.id);
        const bool sees = seen != membership.view.end() &&
                          number_in(std::string_view(seen->second.metadata).substr(1)) == life.number;
        if (sees) fail(other, "still sees in " + room + " after the grace", life.id);
      }
    }
  }
}

}  // namespace signaling::simulation
