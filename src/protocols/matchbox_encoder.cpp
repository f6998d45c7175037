// Path 6/8: message -> text, encoded once, shared by all receivers. Next: core/frame.cpp
#include "protocols/matchbox_encoder.hpp"

#include <optional>
#include <string>

#include "protocols/matchbox_rooms.hpp"
#include "protocols/uuid.hpp"
#include "signaling/core/json_frame.hpp"
#include "signaling/text/json_members.hpp"

namespace signaling::protocols {
namespace {

constexpr std::size_t signal_overhead = 96;

// Close codes of the native protocol.
constexpr std::uint16_t unauthorized_code = 4401;
constexpr std::uint16_t kicked_code = 4403;
constexpr std::uint16_t try_again_later_code = 1013;

// A variant with one UUID.
Frame about_peer(std::string_view variant, std::string_view peer) {
  JsonFrame out(signal_overhead);
  out.raw("{\"").raw(variant).raw("\":\"").raw(uuid_of(peer)).raw("\"}");
  return out.finish();
}

// What another language's payload is in this one. Nothing: there is no word for it.
std::optional<std::string> signal_data(const Message& message) {
  if (message.kind == MessageKind::binary) return std::nullopt;
  std::string data;
  text::JsonWriter out(data);
  switch (message.type) {
    case MessageType::offer:
    case MessageType::answer: {
      const auto [sdp] = text::members_of(message.payload, {"sdp"});
      if (sdp.kind != text::JsonKind::string) return std::nullopt;
      out.raw(message.type == MessageType::offer ? "{\"Offer\":" : "{\"Answer\":").raw(sdp.text).raw("}");
      return data;
    }
    case MessageType::candidate: out.raw("{\"IceCandidate\":").string(message.payload).raw("}"); return data;
    case MessageType::message:
    case MessageType::event: break;
  }
  return std::nullopt;
}

void encode_signal(const event::Message& sent, std::vector<Frame>& frames) {
  const bool is_own = sent.message.language == matchbox_language;
  const auto data = is_own ? std::string(sent.message.original) : signal_data(sent.message);
  if (!data) return;
  JsonFrame out(signal_overhead + data->size());
  out.raw(R"({"Signal":{"sender":")").raw(uuid_of(sent.from)).raw(R"(","data":)").raw(*data).raw("}}");
  frames.push_back(out.finish());
}

// A client that is not in its room has nothing to wait for.
Frame matchbox_refusal(const event::Error& error) {
  const bool is_final = error.code == errc::forbidden || error.code == errc::unauthorized;
  return Frame::close(is_final ? unauthorized_code : try_again_later_code, error.message);
}

}  // namespace

void MatchboxEncoder::encode(const Event& event, std::vector<Frame>& frames) const {
  if (const auto* message = std::get_if<event::Message>(&event)) {
    encode_signal(*message, frames);
  } else if (const auto* joined = std::get_if<event::PeerJoined>(&event)) {
    // In a mesh the older of two is told, so that one of them makes an offer; a host makes all of them.
    const bool is_told = role_ == Role::host || (role_ == Role::member && joined->polite);
    if (is_told) frames.push_back(about_peer("NewPeer", joined->peer.id));
  } else if (const auto* left = std::get_if<event::PeerLeft>(&event)) {
    const bool is_told = role_ != Role::client || left->peer.metadata != matchbox_client_claim;
    if (is_told) frames.push_back(about_peer("PeerLeft", left->peer.id));
  } else if (const auto* self = std::get_if<event::Joined>(&event)) {
    if (role_ != Role::host) return;
    for (const MemberView& member : self->members) frames.push_back(about_peer("NewPeer", member.id));
  } else if (const auto* welcome = std::get_if<event::Welcome>(&event)) {
    frames.push_back(about_peer("IdAssigned", welcome->peer));
  } else if (const auto* error = std::get_if<event::Error>(&event)) {
    if (error->request == matchbox_join_request) frames.push_back(matchbox_refusal(*error));
  } else if (const auto* end = std::get_if<event::Left>(&event)) {
    frames.push_back(Frame::close(kicked_code, end->message));
  }
}

}  // namespace signaling::protocols
