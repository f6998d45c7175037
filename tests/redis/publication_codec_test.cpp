#include "redis/publication_codec.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace signaling;
using namespace signaling::redis;

namespace {

NodeCommand some_command() {
  NodeCommand command;
  command.kind = NodeCommand::Kind::undelivered;
  command.peer = "ada";
  command.room = "lobby";
  command.receiver = std::string("b\0b", 3);
  command.error = errc::slow_consumer;
  command.why = "Be kind.";
  return command;
}

}  // namespace

TEST_CASE("publication codec: messages and commands are read in the order in which they were written") {
  const Message message = Message::text("hello");
  Route route;
  route.from_epoch = 7;
  std::string bytes;
  append(bytes, some_command());
  append(bytes, message, route);
  append(bytes, NodeCommand{});
  std::string_view rest = bytes;
  const auto first = take_publication(rest);
  const auto second = take_publication(rest);
  const auto third = take_publication(rest);
  REQUIRE(rest.empty());
  REQUIRE((first && second && third));
  CHECK(std::get<NodeCommand>(*first) == some_command());
  CHECK(std::get<PublishedMessage>(*second).message.payload == "hello");
  CHECK(std::get<PublishedMessage>(*second).route.from_epoch == 7);
  CHECK(std::get<NodeCommand>(*third) == NodeCommand{});
}

TEST_CASE("publication codec: an error code of a newer node is read as messages_lost") {
  std::string bytes;
  append(bytes, some_command());
  bytes[3] = static_cast<char>(200);
  std::string_view rest = bytes;
  const auto read = take_publication(rest);
  REQUIRE(read);
  CHECK(std::get<NodeCommand>(*read).error == errc::messages_lost);
  CHECK(std::get<NodeCommand>(*read).peer == "ada");
}

TEST_CASE("publication codec: what is cut short, or of an unknown version or kind, is not read") {
  for (const bool is_command : {true, false}) {
    std::string bytes;
    is_command ? append(bytes, some_command()) : append(bytes, Message{}, Route{});
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      std::string_view cut = std::string_view(bytes).substr(0, size);
      CHECK_FALSE(take_publication(cut));
    }
    for (const std::size_t place : {0U, 1U, 2U}) {  // version, letter, kind
      std::string spoilt = bytes;
      spoilt[place] = 'x';
      std::string_view rest = spoilt;
      CHECK_FALSE(take_publication(rest));
    }
  }
}
