#include "signaling/core/message.hpp"

#include "core/message_texts.hpp"

namespace signaling {
std::string_view to_string(MessageType type) noexcept {
  switch (type) {
    case MessageType::offer: return "offer";
    case MessageType::answer: return "answer";
    case MessageType::candidate: return "candidate";
    case MessageType::message: return "message";
    case MessageType::event: return "event";
  }
  return "message";
}

OwnedMessage::OwnedMessage(const Message& message, const Route& route) : message_(message), route_(route) {
  bytes_.reserve(bytes_of(message, route));
  const auto own = [this](std::string_view& text) {
    const std::size_t at = bytes_.size();
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    text = {bytes_.data() + at, text.size()};
  };
  for (const auto text : message_texts) own(message_.*text);
  for (const auto text : route_texts) own(route_.*text);
}

std::size_t OwnedMessage::bytes_of(const Message& message, const Route& route) noexcept {
  std::size_t bytes = 0;
  for (const auto text : message_texts) bytes += (message.*text).size();
  for (const auto text : route_texts) bytes += (route.*text).size();
  return bytes;
}

}  // namespace signaling
