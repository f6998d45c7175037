#include "redis/inbox_codec.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace signaling;
using namespace signaling::redis;

namespace {

using namespace std::string_literals;

// The answer of XREAD for one entry of one field.
std::vector<Reply::Value> answer(std::string id, std::string value) {
  return {{1, "stream"}, {3, std::move(id)}, {4, "e"}, {4, std::move(value)}};
}

InboxEntry::Kind kind_of(std::string value) {
  const auto entries = inbox_entries(answer("5-7", std::move(value)));
  REQUIRE(entries.size() == 1);
  CHECK(entries.front().place == InboxPlace{5, 7});
  return entries.front().kind;
}

const std::string member = "\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0\x01nm"s;
const std::string change = "\0\0\0\0\0\0\0\x09j0\0\0\0\0\0\0\0\x03\0\0\0\x01r\0\0\0\x01p"s + member + "c";

}  // namespace

TEST_CASE("redis inbox: a change is read whole") {
  const auto entries = inbox_entries(answer("5-7", change));
  REQUIRE(entries.size() == 1);
  const MembershipChange& read = entries.front().change;
  CHECK(entries.front().kind == InboxEntry::Kind::change);
  CHECK(read.version == 9);
  CHECK(read.kind == MembershipChange::Kind::joined);
  CHECK(read.former_epoch == 3);
  CHECK(read.room == "r");
  CHECK(read.member.id == "p");
  CHECK(read.member.epoch == 2);
  CHECK(read.member.joined_at == 1);
  CHECK(read.member.node == "n");
  CHECK(read.member.metadata.view() == "m");
}

TEST_CASE("redis inbox: an entry that is cut anywhere is bad") {
  // The metadata are the rest: without them it is another change, but one.
  const std::size_t least = change.size() - 2;
  for (std::size_t size = 0; size < least; ++size) {
    CHECK(kind_of(change.substr(0, size) + "c") == InboxEntry::Kind::bad);
  }
  CHECK(kind_of(change.substr(0, least) + "c") == InboxEntry::Kind::change);
  CHECK(kind_of("1234567p") == InboxEntry::Kind::bad);
  CHECK(kind_of("1234567d") == InboxEntry::Kind::bad);
}

TEST_CASE("redis inbox: what the script does not write is bad") {
  CHECK(kind_of("") == InboxEntry::Kind::bad);
  CHECK(kind_of("?") == InboxEntry::Kind::bad);
  std::string odd = change;
  odd[8] = 'k';
  CHECK(kind_of(odd) == InboxEntry::Kind::bad);
  odd = change;
  odd[9] = '5';
  CHECK(kind_of(odd) == InboxEntry::Kind::bad);
  odd[9] = '\xFF';
  CHECK(kind_of(odd) == InboxEntry::Kind::bad);
}

TEST_CASE("redis inbox: an entry with more fields, or with none, is bad, and the next is read") {
  const auto entries = inbox_entries({{1, "stream"},
                                      {3, "5-1"},
                                      {4, "a"},
                                      {4, "b"},
                                      {4, "c"},
                                      {4, "d"},
                                      {3, "5-2"},
                                      {3, "5-3"},
                                      {4, "e"},
                                      {4, "xm"}});
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].kind == InboxEntry::Kind::bad);
  CHECK(entries[1].kind == InboxEntry::Kind::bad);
  CHECK(entries[2].kind == InboxEntry::Kind::messages);
  CHECK(entries[2].bytes == "x");
  CHECK(entries[2].place == InboxPlace{5, 3});
}

TEST_CASE("redis inbox: an id that is none is left out") {
  CHECK(inbox_entries(answer("5", "xm")).empty());
  CHECK(inbox_entries(answer("x-1", "xm")).empty());
  CHECK(inbox_entries(answer("5-1x", "xm")).empty());
  CHECK(inbox_entries({}).empty());
}

TEST_CASE("redis inbox: what stands before the first entry of an inbox is the end of the one before") {
  CHECK(stream_id_before({5, 3}) == "5-2");
  CHECK(stream_id_before({5, 0}) == "4-18446744073709551615");
  CHECK(stream_id({5, 3}) == "5-3");
}
