#include "socketio/outgoing_event.hpp"

#include <utility>

#include "signaling/socketio/packet.hpp"

namespace signaling::socketio {

OutgoingEvent::OutgoingEvent(std::string_view name, const Arguments& arguments)
    : name_(name), arguments_(arguments) {
  if (arguments_.attachments().empty()) return;
  Emission emission;
  emission.arguments = arguments_.text();
  emission.attachments = views_of(arguments_.attachments());
  packed_ = pack(emission);
}

// Without a name, it means nothing in any other language.
OutgoingEvent::OutgoingEvent(Disconnect what)
    : arguments_({}), kind_(what == Disconnect::nsp ? Emission::Kind::leave : Emission::Kind::hang_up) {
  Emission emission;
  emission.kind = kind_;
  packed_ = pack(emission);
}

errc OutgoingEvent::error() const noexcept {
  return is_reserved_event(name_) ? errc::bad_request : arguments_.error();
}

Envelope OutgoingEvent::envelope() const noexcept {
  Envelope envelope;
  envelope.type = EnvelopeType::event;
  envelope.event = name_;
  arguments_.set_payload(envelope);
  envelope.language = packed_.empty() ? plain_language : packed_language;
  envelope.original = packed_.empty() ? arguments_.text() : std::string_view(packed_);
  envelope.reach = Reach::anybody;
  return envelope;
}

Envelope OutgoingEvent::envelope(Emission emission, std::string& storage) const {
  emission.arguments = arguments_.text();
  emission.attachments = views_of(arguments_.attachments());
  if (kind_ != Emission::Kind::event) emission.kind = kind_;
  storage = pack(emission);
  Envelope packed = envelope();
  packed.language = packed_language;
  packed.original = storage;
  return packed;
}

}  // namespace signaling::socketio
