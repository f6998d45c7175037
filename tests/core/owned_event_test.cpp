#include "core/owned_event.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

using namespace signaling;

TEST_CASE("owned event: its texts outlive those it was made from") {
  std::string room = "r";
  std::string id = "a peer";
  std::string metadata = R"({"name":"A"})";
  std::string request = "7";
  const std::array<MemberView, 2> list{{{id, metadata, 1}, {id, {}, 2}}};
  const Event event = event::Joined{room, 9, {id, metadata, 3}, list, request};
  const OwnedEvent owned(event);
  CHECK(owned.size() == 1 + 3 * 6 + 2 * 12 + 1);
  for (std::string* text : {&room, &id, &metadata, &request}) text->assign(text->size(), '?');
  const auto& joined = std::get<event::Joined>(owned.get());
  CHECK(joined.room == "r");
  CHECK(joined.version == 9);
  CHECK(joined.self.id == "a peer");
  CHECK(joined.self.metadata == R"({"name":"A"})");
  CHECK(joined.request == "7");
  REQUIRE(joined.members.size() == 2);
  CHECK(joined.members[0].metadata == R"({"name":"A"})");
  CHECK(joined.members[1].id == "a peer");
  CHECK(joined.members[1].metadata.empty());
  CHECK(joined.members[1].joined_at == 2);
}

TEST_CASE("owned event: a message keeps its texts apart") {
  std::string bytes = "offerbobroomdatameta";
  const std::string_view all = bytes;
  Message message = Message::named(all.substr(0, 5), all.substr(12, 4));
  message.room = all.substr(8, 4);
  const Event event = event::Message{message, all.substr(5, 3), all.substr(16)};
  const OwnedEvent owned(event);
  CHECK(owned.size() == bytes.size());
  bytes.assign(bytes.size(), '?');
  message = {};
  const auto& sent = std::get<event::Message>(owned.get());
  const Message& kept = sent.message;
  CHECK(kept.event == "offer");
  CHECK(sent.from == "bob");
  CHECK(kept.room == "room");
  CHECK(kept.payload == "data");
  CHECK(sent.from_metadata == "meta");
  CHECK(kept.to.empty());
}

TEST_CASE("owned event: one without any text is whole too") {
  const Event event = event::GoingAway{std::chrono::milliseconds(5)};
  const OwnedEvent owned(event);
  CHECK(owned.size() == 0);
  CHECK(std::get<event::GoingAway>(owned.get()).reconnect_after == std::chrono::milliseconds(5));
}
