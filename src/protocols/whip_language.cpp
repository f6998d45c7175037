// Path 3/8 and 6/8 of WHIP and WHEP: what sessions and the router tell each other is text of the native protocol. Next:
// core/peer_session.cpp (in), protocols/whip_session.cpp (out).
#include <algorithm>
#include <array>
#include <utility>

#include "signaling/core/json_frame.hpp"
#include "signaling/protocols/json.hpp"
#include "signaling/protocols/whip.hpp"
#include "signaling/text/json_members.hpp"

namespace signaling::protocols {
namespace {

constexpr std::array<std::string_view, 3> known_events{"ice-restarted", "rejected", "closed"};

/// Writes what a session has to know, as the native protocol does, and nothing else: a sender learns that the client has
/// no word for the rest.
class WhipEncoder final : public Encoder {
 public:
  WhipEncoder(std::shared_ptr<const Encoder> native, bool takes_offers)
      : native_(std::move(native)), takes_offers_(takes_offers) {}

  void encode(const Event& event, std::vector<Frame>& frames) const override {
    if (std::holds_alternative<event::Joined>(event)) {
      JsonFrame out(32);  // the owner looks for the members itself
      out.raw(R"({"type":"joined"})");
      frames.push_back(out.finish());
    } else if (is_told(event)) {
      native_->encode(event, frames);
    }
  }

 private:
  bool is_told(const Event& event) const {
    if (const auto* sent = std::get_if<event::Message>(&event)) return is_told(sent->message);
    return std::holds_alternative<event::Welcome>(event) || std::holds_alternative<event::Left>(event) ||
           std::holds_alternative<event::PeerLeft>(event) || std::holds_alternative<event::Error>(event);
  }

  bool is_told(const Message& message) const {
    if (message.kind == MessageKind::binary) return false;
    switch (message.type) {
      case MessageType::answer:
      case MessageType::candidate: return true;
      case MessageType::offer: return takes_offers_;
      case MessageType::event: return std::ranges::find(known_events, message.event) != known_events.end();
      case MessageType::message: break;
    }
    return false;
  }

  const std::shared_ptr<const Encoder> native_;
  const bool takes_offers_;
};

class WhipProtocol final : public Protocol {
 public:
  WhipProtocol(WhipKind kind, std::shared_ptr<const Encoder> encoder)
      : kind_(kind), encoder_(std::move(encoder)), native_(Json().make()) {}

  std::string_view name() const noexcept override { return to_string(kind_); }
  // Of what the session says; the requests of its client are bounded where they are read.
  std::size_t max_message_bytes(const Limits& /*limits*/) const noexcept override { return 0; }
  void decode(const MessageView& message, std::vector<Command>& commands) override {
    native_->decode(message, commands);
  }
  const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }

 private:
  const WhipKind kind_;
  const std::shared_ptr<const Encoder> encoder_;
  const std::unique_ptr<Protocol> native_;
};

}  // namespace

std::string_view to_string(WhipKind kind) noexcept { return kind == WhipKind::publish ? "whip" : "whep"; }

std::string_view whip_metadata(WhipKind kind) noexcept {
  return kind == WhipKind::publish ? R"({"role":"publisher","protocol":"whip"})"
                                   : R"({"role":"player","protocol":"whep"})";
}

bool is_whip_client(std::string_view metadata, WhipKind kind) noexcept {
  const auto [protocol] = text::members_of(metadata, {"protocol"});
  return protocol.equals(to_string(kind));
}

bool is_whip_client(std::string_view metadata) noexcept {
  return is_whip_client(metadata, WhipKind::publish) || is_whip_client(metadata, WhipKind::play);
}

bool is_media_server(std::string_view metadata) noexcept {
  const auto [role] = text::members_of(metadata, {"role"});
  return role.equals("sfu");
}

WhipLanguage::WhipLanguage(const WhipOptions& options)
    : kind_(options.kind),
      encoder_(std::make_shared<WhipEncoder>(Json().encoder(),
                                             options.counter_offers && options.kind == WhipKind::play)) {}

std::unique_ptr<Protocol> WhipLanguage::make() const {
  return std::make_unique<WhipProtocol>(kind_, encoder_);
}

}  // namespace signaling::protocols
