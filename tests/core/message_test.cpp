#include "signaling/core/message.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace signaling;

namespace {

/// All that a message and its route say, as text.
std::string text_of(const OwnedMessage& owned) {
  const Message& message = owned.message();
  const Route& route = owned.route();
  std::string text;
  for (const std::string_view part :
       {message.event, message.to, message.room, message.payload, message.language, message.original,
        route.from, route.from_metadata, route.from_rooms, route.room}) {
    text.append(part).append("|");
  }
  return text;
}

const std::string said = "event|to|room|payload|language|original|from|metadata|rooms|through|";

/// Made of strings that are gone when it is returned.
OwnedMessage make() {
  std::vector<std::string> strings{"event",    "to",   "room",     "payload", "language",
                                   "original", "from", "metadata", "rooms",   "through"};
  Message message;
  Route route;
  std::size_t next = 0;
  for (std::string_view* view :
       {&message.event, &message.to, &message.room, &message.payload, &message.language, &message.original,
        &route.from, &route.from_metadata, &route.from_rooms, &route.room}) {
    *view = strings[next++];
  }
  message.type = MessageType::event;
  message.delivery = Delivery::volatile_;
  route.from_epoch = 7;
  OwnedMessage owned(message, route);
  for (std::string& text : strings) text.assign(text.size(), '#');
  return owned;
}

}  // namespace

TEST_CASE("owned message: owns all bytes, wherever it is moved or copied to") {
  OwnedMessage first = make();
  CHECK(text_of(first) == said);
  CHECK(first.message().type == MessageType::event);
  CHECK(first.message().delivery == Delivery::volatile_);
  CHECK(first.route().from_epoch == 7);
  const OwnedMessage copy = first;
  const char* const bytes = first.message().payload.data();
  const OwnedMessage moved = std::move(first);
  CHECK(moved.message().payload.data() == bytes);
  first = OwnedMessage(Message::text("another"));
  CHECK(text_of(copy) == said);
  CHECK(text_of(moved) == said);
  first = copy;
  CHECK(text_of(first) == said);
  CHECK(first.message().payload.data() != copy.message().payload.data());
}

TEST_CASE("owned message: counts the bytes that a message and its route refer to") {
  const OwnedMessage owned = make();
  CHECK(OwnedMessage::bytes_of(owned.message(), owned.route()) == said.size() - 10);
  CHECK(OwnedMessage::bytes_of(Message{}, Route{}) == 0);
}

TEST_CASE("message: each kind is made with its type, its payload, and no addressee") {
  const auto check = [](const Message& message, MessageType type) {
    CHECK(message.type == type);
    CHECK(message.payload == "{}");
    CHECK(message.to.empty());
    CHECK(message.room.empty());
  };
  check(Message::offer("{}"), MessageType::offer);
  check(Message::answer("{}"), MessageType::answer);
  check(Message::candidate("{}"), MessageType::candidate);
  check(Message::text("{}"), MessageType::message);
  check(Message::named("hand-raised", "{}"), MessageType::event);
  CHECK(Message::named("hand-raised", "{}").event == "hand-raised");
  CHECK(Message::of(MessageType::answer, "{}").type == MessageType::answer);
}

TEST_CASE("message: each kind takes its address") {
  for (const Message& message :
       {Message::offer("{}", {.to = "bob", .room = "r"}), Message::answer("{}", {.to = "bob", .room = "r"}),
        Message::candidate("{}", {.to = "bob", .room = "r"}), Message::text("{}", {.to = "bob", .room = "r"}),
        Message::named("x", "{}", {.to = "bob", .room = "r"})}) {
    CHECK(message.to == "bob");
    CHECK(message.room == "r");
    CHECK(message.payload == "{}");
  }
}
