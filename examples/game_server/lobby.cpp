#include "lobby.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <span>
#include <utility>

#include "messages.hpp"
#include "signaling/core/ids.hpp"

namespace json = boost::json;

namespace {

constexpr std::size_t max_matches = 200;

// To be read aloud and typed on a phone: nothing that looks like something else.
std::string make_code() {
  constexpr std::string_view letters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  std::string code(6, ' ');
  signaling::system_random().fill(std::as_writable_bytes(std::span(code)));
  for (char& letter : code) letter = letters[static_cast<unsigned char>(letter) % letters.size()];
  return code;
}

std::string refusal(std::string_view reason) { return json::serialize(json::object{{"reason", reason}}); }

}  // namespace

Lobby::Lobby(MatchContext context) : context_(std::move(context)) {
  signaling::LocalPeerOptions host;
  host.executor = context_.executor;
  host.id = room;
  host.on_event = [this](const signaling::Event& event) { on_event(event); };
  host_ = context_.router.connect_local(std::move(host));
  host_->join(room, R"({"host":true})");
  // There is always a match that anybody may join, also after a restart.
  MatchOptions open;
  open.code = "OPEN";
  open.title = "Open match";
  open.capacity = 8;
  open.lifetime = MatchOptions::Lifetime::forever;
  add(std::move(open));
}

Match* Lobby::find(std::string_view match_room) {
  const auto found = matches_.find(match_room);
  return found == matches_.end() ? nullptr : found->second.get();
}

void Lobby::tick(GameTime now) {
  now_ = now;
  for (const auto& [name, match] : matches_) match->tick(now);
  std::erase_if(matches_, [](const auto& entry) { return entry.second->is_over(); });
  std::string current = list();
  if (current == told_) return;
  told_ = std::move(current);
  tell({}, "matches", told_);
}

void Lobby::on_event(const signaling::Event& event) {
  if (const auto* joined = std::get_if<signaling::event::PeerJoined>(&event)) {
    tell(joined->peer.id, "matches", list());
  } else if (const auto* sent = std::get_if<signaling::event::Message>(&event)) {
    if (sent->message.event == "create") create(sent->from, sent->message.payload);
  }
}

void Lobby::create(std::string_view creator, std::string_view payload) {
  auto options = parse_match(payload);
  if (!options)
    return tell(creator, "refused",
                refusal("A match needs a title of 1 to 20 characters and 2 to 8 places."));
  if (matches_.size() >= max_matches)
    return tell(creator, "refused", refusal("The server has too many matches."));
  do {
    options->code = make_code();
  } while (find(Match::room_of(options->code)));
  const Match& match = add(*std::move(options));
  tell(creator, "created", json::serialize(match.summary()));
}

Match& Lobby::add(MatchOptions options) {
  std::string name = Match::room_of(options.code);
  auto& match = matches_[std::move(name)];
  match = std::make_unique<Match>(context_, std::move(options), now_);
  return *match;
}

std::string Lobby::list() const {
  json::array matches;
  for (const auto& [name, match] : matches_) {
    if (match->options().listed) matches.push_back(match->summary());
  }
  return json::serialize(matches);
}

void Lobby::tell(std::string_view peer, std::string_view event, std::string_view payload) {
  // A player who has just left gets no answer.
  static_cast<void>(host_->send(signaling::Message::named(event, payload, {.to = peer, .room = room})));
}
