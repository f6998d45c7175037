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

Message OutgoingEvent::message() const noexcept {
  Message message;
  message.type = MessageType::event;
  message.event = name_;
  arguments_.set_payload(message);
  message.language = packed_.empty() ? plain_language : packed_language;
  message.original = packed_.empty() ? arguments_.text() : std::string_view(packed_);
  message.reach = Reach::anybody;
  return message;
}

Message OutgoingEvent::message(Emission emission, std::string& storage) const {
  emission.arguments = arguments_.text();
  emission.attachments = views_of(arguments_.attachments());
  if (kind_ != Emission::Kind::event) emission.kind = kind_;
  storage = pack(emission);
  Message packed = message();
  packed.language = packed_language;
  packed.original = storage;
  return packed;
}

}  // namespace signaling::socketio
