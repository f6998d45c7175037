#include "media_room.hpp"

#include <algorithm>
#include <utility>

#include "signaling/protocols/whip.hpp"

namespace protocols = signaling::protocols;

std::string MediaRoom::host_of(std::string_view room) { return "sfu/" + std::string(room); }

MediaRoom::MediaRoom(MediaContext context, std::string room)
    : context_(std::move(context)), room_(std::move(room)) {
  signaling::LocalPeerOptions host;
  host.executor = context_.executor;
  host.id = host_of(room_);
  host.on_event = [this](const signaling::Event& event) { on_event(event); };
  host_ = context_.router.connect_local(std::move(host));
  host_->join(room_, R"({"role":"sfu"})");
}

// By the router: it knows of a newcomer before the event has come here.
bool MediaRoom::is_empty() const {
  const auto room = context_.router.find_room(room_);
  return !room || room->size() <= 1;
}

void MediaRoom::on_event(const signaling::Event& event) {
  using namespace signaling::event;
  if (const auto* joined = std::get_if<PeerJoined>(&event)) on_newcomer(*joined);
  if (const auto* left = std::get_if<PeerLeft>(&event)) {
    clients_.erase(std::string(left->peer.id));
    remove(std::string(left->peer.id));
  }
  if (const auto* message = std::get_if<Message>(&event)) on_event(*message);
}

// Clients of WHIP and WHEP make an offer themselves.
void MediaRoom::on_newcomer(const signaling::event::PeerJoined& joined) {
  const std::string peer(joined.peer.id);
  if (!protocols::is_whip_client(joined.peer.metadata)) return add(peer, Part::call);
  const bool publishes = protocols::is_whip_client(joined.peer.metadata, protocols::WhipKind::publish);
  clients_[peer] = publishes ? Part::publish : Part::play;
}

void MediaRoom::on_event(const signaling::event::Message& sent) {
  const std::string peer(sent.from);
  const bool is_client = clients_.contains(peer);
  if (is_client && sent.message.type == signaling::MessageType::offer) return add_client(peer, sent.message);
  if (is_client && sent.message.type == signaling::MessageType::event)
    return on_client_event(peer, sent.message);
  const auto found = participants_.find(peer);
  if (found == participants_.end()) return;
  found->second->connection().receive(sent.message.type, sent.message.payload);
}

// webrtcbin cannot restart ICE by an offer that is not a whole one.
void MediaRoom::on_client_event(const std::string& peer, const signaling::Message& message) {
  if (message.event == "ice-restart") reject(peer, 422, "This server cannot restart ICE.");
}

void MediaRoom::add_client(const std::string& peer, const signaling::Message& offer) {
  if (participants_.contains(peer)) return;
  const Part part = clients_.at(peer);
  const auto publishes = [](const auto& entry) { return entry.second->publishes(); };
  if (part == Part::play && std::ranges::none_of(participants_, publishes)) {
    return reject(peer, 404, "Nobody publishes to this room.");
  }
  add(peer, part);
  participants_.at(peer)->connection().receive(offer.type, offer.payload);
}

void MediaRoom::add(const std::string& peer, Part part) {
  webrtc::Connection::Handlers handlers;
  handlers.signal = [this, peer](signaling::MessageType type, const std::string& payload) {
    send(type, peer, payload);
  };
  handlers.state_changed = [this, peer](webrtc::ConnectionState state) {
    if (state == webrtc::ConnectionState::failed) lost(peer);
  };
  auto newcomer =
      std::make_unique<Participant>(part, context_.executor, context_.stun_server, std::move(handlers));
  for (const auto& [other, participant] : participants_) {
    if (part == Part::call && participant->publishes()) newcomer->receive_from(other, *participant);
    if (participant->part() != Part::call || !newcomer->publishes()) continue;
    participant->receive_from(peer, *newcomer);
    participant->negotiate();
  }
  newcomer->negotiate();
  participants_[peer] = std::move(newcomer);
  choose_for_players();
}

// A browser gets a new connection; the session of another client ends, since it has to make a new one.
void MediaRoom::lost(const std::string& peer) {
  remove(peer);
  if (!clients_.contains(peer)) return add(peer, Part::call);
  static_cast<void>(host_->send(signaling::Message::named("closed", "{}", {.to = peer, .room = room_})));
}

void MediaRoom::remove(const std::string& peer) {
  if (participants_.erase(peer) == 0) return;
  for (const auto& [other, participant] : participants_) {
    participant->stop_receiving_from(peer);
    participant->negotiate();
  }
  choose_for_players();
}

// A player gets the client of WHIP, if there is one, or else somebody who is in the call.
void MediaRoom::choose_for_players() {
  const auto find = [this](Part part) {
    return std::ranges::find_if(participants_,
                                [part](const auto& entry) { return entry.second->part() == part; });
  };
  auto publisher = find(Part::publish);
  if (publisher == participants_.end()) publisher = find(Part::call);
  if (publisher == participants_.end()) return;
  for (const auto& [name, participant] : participants_) {
    if (participant->part() != Part::play || !participant->played().empty()) continue;
    participant->play(publisher->first, *publisher->second);
  }
}

void MediaRoom::reject(const std::string& peer, unsigned status, std::string_view why) {
  const std::string payload =
      R"({"status":)" + std::to_string(status) + R"(,"detail":")" + std::string(why) + "\"}";
  static_cast<void>(host_->send(signaling::Message::named("rejected", payload, {.to = peer, .room = room_})));
}

void MediaRoom::send(signaling::MessageType type, const std::string& peer, const std::string& payload) {
  // That a browser has left is an event of its own.
  static_cast<void>(host_->send(signaling::Message::of(type, payload, {.to = peer, .room = room_})));
}
