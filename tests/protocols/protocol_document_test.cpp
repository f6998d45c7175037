// docs/protocol.md against the implementation: its examples, its error codes, its limits.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "command_text.hpp"
#include "signaling/core/limits.hpp"
#include "signaling/protocols/json.hpp"

using namespace signaling;
using namespace signaling::protocols;

namespace {

std::vector<std::string> document_lines() {
  std::ifstream file(PROTOCOL_DOCUMENT);
  REQUIRE_MESSAGE(file, "cannot read " PROTOCOL_DOCUMENT);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// The contents of all code fences that begin with "```json <side>".
std::vector<std::string> examples_of(std::string_view side) {
  std::vector<std::string> examples;
  bool inside = false;
  for (const std::string& line : document_lines()) {
    if (line == "```json " + std::string(side)) {
      inside = true;
      examples.emplace_back();
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      examples.back() += (examples.back().empty() ? "" : "\n") + line;
    }
  }
  return examples;
}

// The cells of the table rows below the heading `title`, back quotes removed.
std::vector<std::vector<std::string>> table_below(std::string_view title) {
  std::vector<std::vector<std::string>> rows;
  bool inside = false;
  for (const std::string& line : document_lines()) {
    if (line.starts_with("#")) inside = line == "## " + std::string(title);
    if (!inside || !line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream row(line.substr(1));
    for (std::string cell; std::getline(row, cell, '|');) {
      std::erase(cell, '`');
      std::erase(cell, ' ');
      cells.push_back(cell);
    }
    rows.push_back(cells);
  }
  return rows;
}

std::string first_word(const std::string& text) { return text.substr(0, text.find(' ')); }

MemberView member(std::string_view id, std::string_view metadata, Version joined_at) {
  MemberView view;
  view.id = id;
  view.metadata = metadata;
  view.joined_at = joined_at;
  return view;
}

// Events refer to their messages.
Event event_of(const Message& message, std::string_view from) {
  static std::deque<Message> messages;
  return event::Message{messages.emplace_back(message), from};
}

Event message(MessageType type, std::string_view room, std::string_view payload) {
  Message message = Message::text(payload);
  message.type = type;
  message.room = room;
  if (type == MessageType::event) message.event = "hand-raised";
  return event_of(message, "p2");
}

Event binary_message() {
  Message message = Message::text(std::string_view("\x00\x01\x02\xFF", 4));
  message.kind = MessageKind::binary;
  return event_of(message, "p5");
}

constexpr std::string_view bob = R"({"name":"Bob"})";
constexpr std::string_view muted_bob = R"({"name":"Bob","muted":true})";

// The events of the page, in its order.
std::vector<Event> document_events() {
  static const std::array joined_members{member("p1", bob, 6)};
  static const std::array listed_members{member("p1", muted_bob, 6), member("p4", "", 9)};
  event::Joined joined{"lobby", 7, member("p2", "", 7), joined_members, "1"};
  event::Members members{"lobby", 11, member("p2", "", 7), listed_members, "4"};
  return {event::Welcome{"p2", "3kQ9vZmJ2xw0VQ4hJ1c8mYQeRzVg"},
          event::Welcome{"p2",
                         "3kQ9vZmJ2xw0VQ4hJ1c8mYQeRzVgtC5nLr8wXyE2uJ6sQaPfHg",
                         {},
                         std::chrono::seconds(60),
                         event::Resumption{event::Resumption::Kind::exact, {}, 12}},
          event::Welcome{"p2",
                         "3kQ9vZmJ2xw0VQ4hJ1c8mYQeRzVgw7Fq1dKbN4vTz0MhYcUoXs",
                         {},
                         std::chrono::seconds(60),
                         event::Resumption{event::Resumption::Kind::rooms, {}, 12, 3}},
          event::Welcome{"p9",
                         "3kQ9vZb8Rk5PjWcL2yNs7TgVxD1fHq",
                         {},
                         std::chrono::seconds(60),
                         event::Resumption{event::Resumption::Kind::none, "expired"}},
          joined,
          event::Left{"lobby", LeaveReason::leave, "2"},
          event::Left{"lobby", LeaveReason::kicked, {}, "This game is over."},
          event::PeerJoined{"lobby", 8, member("p3", "", 8)},
          event::PeerLeft{"lobby", 9, member("p3", "", 8), LeaveReason::disconnect},
          event::PeerAway{"lobby", 9, member("p1", bob, 6)},
          event::PeerBack{"lobby", 9, member("p1", bob, 6)},
          event::PeerUpdated{"lobby", 10, member("p1", muted_bob, 6)},
          event::Updated{"lobby", 11, "3"},
          members,
          message(MessageType::offer, "", R"({"type":"offer","sdp":"v=0\r\n…"})"),
          message(MessageType::answer, "", R"({"type":"answer","sdp":"v=0\r\n…"})"),
          message(MessageType::candidate, "lobby", R"({"candidate":"candidate:1 1 udp …","sdpMid":"0"})"),
          message(MessageType::message, "lobby", R"("hello, everybody")"),
          message(MessageType::event, "lobby", R"({"raised":true})"),
          binary_message(),
          event::Sent{SendStatus::sent, "5"},
          event::Pong{R"("are you there?")"},
          event::Pong{R"("are you there?")", 14},
          event::Acknowledged{32},
          event::Error{errc::room_full, {}, "1"},
          event::GoingAway{std::chrono::milliseconds(2500)}};
}

}  // namespace

TEST_CASE("protocol page: every example of a client is understood, and each kind of message has one") {
  std::set<std::string> kinds;
  for (const std::string& example : examples_of("client")) {
    CAPTURE(example);
    const std::string command = test::decode(example);
    CAPTURE(command);
    const std::string kind = first_word(command);
    CHECK(example.starts_with(R"({"type":")" + kind + "\""));
    kinds.insert(kind);
  }
  CHECK(kinds == std::set<std::string>{"ack", "answer", "candidate", "event", "join", "leave", "members",
                                       "message", "offer", "ping", "update"});
}

TEST_CASE("protocol page: every example of the server is what the encoder writes") {
  JsonOptions options;
  options.ice_servers = R"([{"urls":"stun:stun.example.com:3478"}])";
  const Json factory(options);
  std::vector<std::string> written;
  std::set<std::size_t> kinds;
  for (const Event& event : document_events()) {
    std::vector<Frame> frames;
    factory.encoder()->encode(event, frames);
    REQUIRE(frames.size() == 1);
    written.emplace_back(frames[0].text_view());
    kinds.insert(event.index());
  }
  CHECK(kinds.size() == std::variant_size_v<Event>);
  std::vector<Frame> frames;
  factory.encoder()->encode_ice_servers(
      R"([{"urls":"turn:turn.example.com:3478","username":"1433895918:p2","credential":"CdjqPJr3NXUiB1H2LHxIDBhPZKI="}])",
      frames);
  REQUIRE(frames.size() == 1);
  written.emplace_back(frames[0].text_view());
  const auto examples = examples_of("server");
  REQUIRE(examples.size() == written.size());
  for (std::size_t i = 0; i < written.size(); ++i) CHECK(examples[i] == written[i]);
}

TEST_CASE("protocol page: what a client sends in an example is what the other gets in another") {
  const auto sent = examples_of("client");
  const auto received = examples_of("server");
  for (const std::string_view type : {"offer", "answer", "candidate"}) {
    const auto data_of = [type](const std::vector<std::string>& examples) {
      for (const std::string& example : examples) {
        if (!example.starts_with(R"({"type":")" + std::string(type) + "\"")) continue;
        const std::size_t start = example.find(R"("data":)");
        return example.substr(start, example.find("}", start) - start);
      }
      return std::string();
    };
    CHECK(data_of(sent) == data_of(received));
    CHECK(data_of(sent) != "");
  }
}

TEST_CASE("protocol page: the list of error codes is that of the library") {
  std::set<std::string> listed;
  for (const auto& row : table_below("Error codes")) listed.insert(row.at(0));
  std::set<std::string> known;
  for (int code = 1; code <= static_cast<int>(errc::internal); ++code) {
    known.emplace(to_string(static_cast<errc>(code)));
  }
  CHECK(listed == known);
}

TEST_CASE("protocol page: the limits have the defaults of the library") {
  const Limits limits;
  const std::map<std::string, std::size_t> expected{
      {"max_message_bytes", limits.max_message_bytes},
      {"max_metadata_bytes", limits.max_metadata_bytes},
      {"max_id_bytes", limits.max_id_bytes},
      {"max_rooms_per_peer", limits.max_rooms_per_peer},
      {"max_peers_per_room", limits.max_peers_per_room},
      {"max_peers", limits.max_peers},
      {"max_outbound_bytes", limits.max_outbound_bytes},
      {"max_pending_bytes", limits.max_pending_bytes},
      {"messages_per_second", limits.messages_per_second},
      {"message_burst", limits.message_burst},
      {"bytes_per_second", limits.bytes_per_second},
      {"byte_burst", limits.byte_burst},
      {"caused_bytes_per_second", limits.caused_bytes_per_second},
      {"caused_byte_burst", limits.caused_byte_burst},
      {"joins_per_second", limits.joins_per_second},
      {"join_burst", limits.join_burst},
      {"max_json_depth", JsonOptions().max_depth}};
  std::map<std::string, std::size_t> listed;
  for (const auto& row : table_below("Limits")) listed[row.at(0)] = std::stoul(row.at(1));
  CHECK(listed == expected);
}
