#pragma once

#include <string>
#include <string_view>

#include "signaling/core/message.hpp"
#include "signaling/socketio/broadcast.hpp"
#include "socketio/argument_list.hpp"
#include "socketio/emission.hpp"

namespace signaling::socketio {

/// An event on its way from the host to the router. `name` and the arguments must outlive it.
class OutgoingEvent {
 public:
  OutgoingEvent(std::string_view name, const Arguments& arguments);

  /// No event, but the wish that whoever gets it disconnects.
  explicit OutgoingEvent(Disconnect what);

  /// Why it cannot be sent, or `ok`.
  errc error() const noexcept;
  /// Without addressee. The message lives as long as this object.
  Message message() const noexcept;
  /// The same with more than a name and arguments; what is in `emission` of these is ignored. The message
  /// lives as long as this object and `storage`.
  Message message(Emission emission, std::string& storage) const;

 private:
  std::string_view name_;
  ArgumentList arguments_;
  Emission::Kind kind_ = Emission::Kind::event;
  /// If there are attachments.
  std::string packed_;
};

}  // namespace signaling::socketio
