#include "media_room.hpp"

#include <utility>

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
  if (const auto* joined = std::get_if<PeerJoined>(&event)) add(std::string(joined->peer.id));
  if (const auto* left = std::get_if<PeerLeft>(&event)) remove(std::string(left->peer.id));
  if (const auto* message = std::get_if<Message>(&event)) on_event(*message);
}

void MediaRoom::on_event(const signaling::event::Message& sent) {
  const auto found = participants_.find(sent.from);
  if (found == participants_.end()) return;
  found->second->connection().receive(sent.message.type, sent.message.payload);
}

void MediaRoom::add(const std::string& peer) {
  webrtc::Connection::Handlers handlers;
  handlers.signal = [this, peer](signaling::MessageType type, const std::string& payload) {
    send(type, peer, payload);
  };
  handlers.state_changed = [this, peer](webrtc::ConnectionState state) {
    if (state != webrtc::ConnectionState::failed) return;
    remove(peer);
    add(peer);
  };
  auto newcomer = std::make_unique<Participant>(context_.executor, context_.stun_server, std::move(handlers));
  for (const auto& [other, participant] : participants_) {
    newcomer->receive_from(other, *participant);
    participant->receive_from(peer, *newcomer);
    participant->negotiate();
  }
  newcomer->negotiate();
  participants_[peer] = std::move(newcomer);
}

void MediaRoom::remove(const std::string& peer) {
  participants_.erase(peer);
  for (const auto& [other, participant] : participants_) {
    participant->stop_receiving_from(peer);
    participant->negotiate();
  }
}

void MediaRoom::send(signaling::MessageType type, const std::string& peer, const std::string& payload) {
  // That a browser has left is an event of its own.
  static_cast<void>(host_->send(signaling::Message::of(type, payload, {.to = peer, .room = room_})));
}
