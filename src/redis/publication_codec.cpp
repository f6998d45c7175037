// Path 5/8: a message or command on its way to another node. Next: redis/store_engine_inbox.cpp there
#include "redis/publication_codec.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace signaling::redis {
namespace {

constexpr char format_version = 4;
constexpr char message_letter = 'm';
constexpr char command_letter = 'c';

constexpr std::array message_texts{&Message::event,   &Message::to,       &Message::room,
                                   &Message::payload, &Message::language, &Message::original};
constexpr std::array route_texts{&Route::from, &Route::from_metadata, &Route::from_rooms, &Route::room};
constexpr std::array command_texts{&NodeCommand::peer, &NodeCommand::room, &NodeCommand::receiver,
                                   &NodeCommand::why,  &NodeCommand::node, &NodeCommand::data};

void append_length(std::string& bytes, std::size_t length) {
  while (length >= 0x80) {
    bytes += static_cast<char>(0x80 | (length & 0x7F));
    length >>= 7;
  }
  bytes += static_cast<char>(length);
}

bool take_length(std::string_view& bytes, std::size_t& length) {
  length = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (bytes.empty()) return false;
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    length |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return length <= bytes.size();
  }
  return false;
}

void append_number(std::string& bytes, std::uint64_t number) {
  for (unsigned shift = 0; shift < 64; shift += 8) bytes += static_cast<char>((number >> shift) & 0xFF);
}

bool take_number(std::string_view& bytes, std::uint64_t& number) {
  number = 0;
  if (bytes.size() < 8) return false;
  for (unsigned i = 0; i < 8; ++i) {
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  bytes.remove_prefix(8);
  return true;
}

template <class Enum>
bool take_enum(std::string_view& bytes, Enum last, Enum& value) {
  if (bytes.empty()) return false;
  const auto number = static_cast<std::uint8_t>(bytes.front());
  bytes.remove_prefix(1);
  if (number > static_cast<std::uint8_t>(last)) return false;
  value = static_cast<Enum>(number);
  return true;
}

template <class Value, class Texts>
void append_texts(std::string& bytes, const Value& value, const Texts& texts) {
  for (const auto text : texts) {
    append_length(bytes, (value.*text).size());
    bytes += value.*text;
  }
}

template <class Value, class Texts>
bool take_texts(std::string_view& bytes, Value& value, const Texts& texts) {
  for (const auto text : texts) {
    std::size_t length = 0;
    if (!take_length(bytes, length)) return false;
    value.*text = bytes.substr(0, length);
    bytes.remove_prefix(length);
  }
  return true;
}

bool take(std::string_view& bytes, PublishedMessage& published) {
  auto& [message, route] = published;
  return take_enum(bytes, MessageType::event, message.type) &&
         take_enum(bytes, MessageKind::binary, message.kind) &&
         take_enum(bytes, Delivery::volatile_, message.delivery) &&
         take_enum(bytes, Audience::everybody, message.audience) &&
         take_enum(bytes, Reach::anybody, message.reach) && take_enum(bytes, Reach::anybody, route.reach) &&
         take_number(bytes, route.from_epoch) && take_number(bytes, route.from_joined_at) &&
         take_texts(bytes, message, message_texts) && take_texts(bytes, route, route_texts);
}

bool take(std::string_view& bytes, NodeCommand& command) {
  if (!take_enum(bytes, NodeCommand::Kind::history, command.kind) || bytes.empty()) return false;
  if (!take_enum(bytes, errc::internal, command.error)) command.error = errc::messages_lost;
  return take_number(bytes, command.epoch) && take_texts(bytes, command, command_texts);
}

}  // namespace

void append(std::string& bytes, const Message& message, const Route& route) {
  for (const char byte :
       {format_version, message_letter, static_cast<char>(message.type), static_cast<char>(message.kind),
        static_cast<char>(message.delivery), static_cast<char>(message.audience),
        static_cast<char>(message.reach), static_cast<char>(route.reach)}) {
    bytes += byte;
  }
  append_number(bytes, route.from_epoch);
  append_number(bytes, route.from_joined_at);
  append_texts(bytes, message, message_texts);
  append_texts(bytes, route, route_texts);
}

void append(std::string& bytes, const NodeCommand& command) {
  for (const char byte :
       {format_version, command_letter, static_cast<char>(command.kind), static_cast<char>(command.error)}) {
    bytes += byte;
  }
  append_number(bytes, command.epoch);
  append_texts(bytes, command, command_texts);
}

std::optional<Publication> take_publication(std::string_view& bytes) {
  if (bytes.size() < 2 || bytes.front() != format_version) return std::nullopt;
  const char letter = bytes[1];
  bytes.remove_prefix(2);
  Publication publication;
  const bool is_read = letter == message_letter   ? take(bytes, publication.emplace<PublishedMessage>())
                       : letter == command_letter ? take(bytes, publication.emplace<NodeCommand>())
                                                  : false;
  if (!is_read) return std::nullopt;
  return publication;
}

}  // namespace signaling::redis
