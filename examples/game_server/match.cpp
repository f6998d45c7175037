#include "match.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <span>
#include <utility>

#include "messages.hpp"
#include "signaling/core/ids.hpp"

namespace json = boost::json;
using signaling::Decision;
using signaling::errc;

namespace {

constexpr int none = -1;
constexpr auto empty_for_at_most = std::chrono::seconds(30);
constexpr std::size_t max_records = 64;

std::uint32_t random_seed() {
  std::uint32_t seed = 0;
  signaling::system_random().fill(std::as_writable_bytes(std::span(&seed, 1)));
  return seed;
}

}  // namespace

std::string Match::room_of(std::string_view code) { return "match/" + std::string(code); }

Match::Match(const MatchContext& context, MatchOptions options, GameTime now)
    : context_(context),
      options_(std::move(options)),
      room_(room_of(options_.code)),
      arena_(random_seed()),
      now_(now),
      empty_since_(now) {
  signaling::LocalPeerOptions host;
  host.executor = context_.executor;
  host.id = room_;
  host.on_event = [this](const signaling::Event& event) { on_event(event); };
  host_ = context_.router.connect_local(std::move(host));
  host_->join(room_, R"({"host":true})");
}

// ---- Who may play

Decision Match::admit(const signaling::Peer& peer, std::string_view metadata) {
  const std::string& player = peer.identity().subject;
  const auto name = player_name(metadata);
  if (!name) return Decision::refuse("Choose a name of 1 to 20 characters.", errc::bad_request);
  if (banned_.contains(player)) return Decision::refuse("You were removed from this match.");
  int number = seat_of_player(player);
  if (number == none) {
    if (seats_.size() >= options_.capacity) {
      const auto places = std::to_string(options_.capacity);
      return Decision::refuse("This match is full: " + places + " of " + places + " are playing.",
                              errc::room_full);
    }
    for (number = 0; seats_.contains(number);) ++number;
    Seat& seat = seats_[number];
    seat.player = player;
    const auto record = records_.extract(player);
    seat.order = record ? record.mapped().order : ++arrivals_;
    arena_.add(number, record ? record.mapped().score : 0);
  }
  Seat& seat = seats_.at(number);
  seat.name = *name;
  if (seat.peer != peer.id()) {
    // The same player on another page: the new one wins.
    const auto earlier = context_.router.find_peer(seat.peer);
    disconnect(number);
    seat.peer = peer.id();
    if (earlier) earlier->close(signaling::CloseReason::replaced);
  }
  return Decision::allow();
}

void Match::join_failed(const signaling::Peer& peer) {
  const int number = seat_of_peer(peer.id());
  if (number == none) return;
  free_seat(number);
  tell_roster();
}

// ---- What the library tells the host

void Match::on_event(const signaling::Event& event) {
  using namespace signaling::event;
  if (const auto* joined = std::get_if<PeerJoined>(&event)) on_event(*joined);
  if (const auto* left = std::get_if<PeerLeft>(&event)) on_event(*left);
  if (const auto* away = std::get_if<PeerAway>(&event)) set_away(away->peer.id, true);
  if (const auto* back = std::get_if<PeerBack>(&event)) set_away(back->peer.id, false);
  if (const auto* updated = std::get_if<PeerUpdated>(&event)) on_event(*updated);
  if (const auto* message = std::get_if<Message>(&event)) on_event(*message);
}

void Match::on_event(const signaling::event::PeerJoined& joined) {
  const int number = seat_of_peer(joined.peer.id);
  if (number == none) return;  // replaced by a newer connection of the same player
  tell_roster();
  connect(number);
}

void Match::on_event(const signaling::event::PeerLeft& left) {
  using enum signaling::LeaveReason;
  const int number = seat_of_peer(left.peer.id);
  if (number == none) return;
  if (left.reason != leave && left.reason != kicked) remember(number);
  free_seat(number);
  tell_roster();
}

// The way to the page's data channel does not depend on the connection to the router: perhaps the player plays on.
void Match::set_away(std::string_view peer, bool is_away) {
  const int number = seat_of_peer(peer);
  if (number == none) return;
  seats_.at(number).is_away = is_away;
  if (is_away) arena_.steer(number, 0, 0);
  tell_roster();
}

void Match::on_event(const signaling::event::PeerUpdated& updated) {
  const int number = seat_of_peer(updated.peer.id);
  const auto name = player_name(updated.peer.metadata);
  if (number == none || !name) return;
  seats_.at(number).name = *name;
  tell_roster();
}

void Match::on_event(const signaling::event::Message& sent) {
  const auto& message = sent.message;
  const int number = seat_of_peer(sent.from);
  if (number == none) return;
  if (message.type == signaling::MessageType::event) {
    if (message.event == "kick" && number == captain()) kick(message.payload);
  } else if (const auto& connection = seats_.at(number).connection) {
    connection->receive(message.type, message.payload);
  }
}

// ---- The way to each player's browser

void Match::connect(int number) {
  Seat& seat = seats_.at(number);
  seat.channel.reset();
  webrtc::Connection::Handlers link;
  link.signal = [this, peer = seat.peer](signaling::MessageType type, const std::string& payload) {
    send(signaling::Message::of(type, payload, {.to = peer, .room = room_}));
  };
  link.state_changed = [this, number](webrtc::ConnectionState state) {
    if (state == webrtc::ConnectionState::failed) connect(number);
  };
  seat.connection =
      std::make_unique<webrtc::Connection>(context_.executor, context_.stun_server, std::move(link));
  webrtc::DataChannel::Handlers game;
  game.received = [this, number](const std::string& text) { steer(number, text); };
  seat.channel = std::make_unique<webrtc::DataChannel>(*seat.connection, "game", std::move(game));
  seat.connection->negotiate();
}

void Match::steer(int number, const std::string& text) {
  if (const auto direction = parse_direction(text)) arena_.steer(number, direction->x, direction->y);
}

// ---- The game

void Match::tick(GameTime now) {
  now_ = now;
  if (!seats_.empty()) empty_since_ = now;
  arena_.step();
  const std::string snapshot = arena_.snapshot();
  for (const auto& [number, seat] : seats_) {
    if (seat.channel) seat.channel->send(snapshot);
  }
}

bool Match::is_over() const {
  return options_.lifetime == MatchOptions::Lifetime::until_empty && now_ - empty_since_ > empty_for_at_most;
}

void Match::kick(std::string_view payload) {
  const auto number = parse_seat(payload);
  if (!number || !seats_.contains(*number) || *number == captain()) return;
  const Seat& seat = seats_.at(*number);
  banned_.insert(seat.player);
  if (const auto peer = context_.router.find_peer(seat.peer)) {
    peer->kick(room_, "The captain has removed you.");
  }
  free_seat(*number);
  tell_roster();
}

// ---- Seats

void Match::disconnect(int number) {
  Seat& seat = seats_.at(number);
  seat.is_away = false;
  seat.channel.reset();
  seat.connection.reset();
  arena_.steer(number, 0, 0);
}

void Match::free_seat(int number) {
  seats_.erase(number);
  arena_.remove(number);
}

// Who reloads the page is a new peer, and nobody knows whether anybody comes back: too many are forgotten.
void Match::remember(int number) {
  const Seat& seat = seats_.at(number);
  if (records_.size() >= max_records) records_.erase(records_.begin());
  records_[seat.player] = {arena_.score(number), seat.order};
}

int Match::seat_of_player(std::string_view player) const {
  const auto found =
      std::ranges::find_if(seats_, [&](const auto& entry) { return entry.second.player == player; });
  return found == seats_.end() ? none : found->first;
}

int Match::seat_of_peer(std::string_view peer) const {
  const auto found =
      std::ranges::find_if(seats_, [&](const auto& entry) { return entry.second.peer == peer; });
  return found == seats_.end() ? none : found->first;
}

// Who was here first, but nobody in a match that is nobody's.
int Match::captain() const {
  if (seats_.empty() || options_.lifetime == MatchOptions::Lifetime::forever) return none;
  return std::ranges::min_element(seats_, {}, [](const auto& entry) { return entry.second.order; })->first;
}

// ---- What the others are told

json::object Match::summary() const {
  return {{"code", options_.code},
          {"title", options_.title},
          {"players", seats_.size()},
          {"capacity", options_.capacity}};
}

void Match::tell_roster() {
  json::array players;
  for (const auto& [number, seat] : seats_) {
    players.push_back({{"seat", number},
                       {"peer", seat.peer},
                       {"name", seat.name},
                       {"captain", number == captain()},
                       {"away", seat.is_away}});
  }
  send(signaling::Message::named("roster", json::serialize(players), {.room = room_}));
}

void Match::send(const signaling::Message& message) {
  // Who has left meanwhile needs no answer; that a player leaves is an event of its own.
  static_cast<void>(host_->send(message));
}
