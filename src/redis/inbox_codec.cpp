// Path 5/8: an entry of a node's inbox -> what it says. Next: redis/redis_backend.cpp
#include "redis/inbox_codec.hpp"

#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include "redis/packed.hpp"

namespace signaling::redis {
namespace {

// XREAD answers {stream: [[id, [field, value]]]}.
constexpr std::size_t id_depth = 3;
constexpr std::size_t field_depth = 4;

bool read_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool read_place(std::string_view id, InboxPlace& place) {
  const auto dash = id.find('-');
  return dash != std::string_view::npos && read_number(id.substr(0, dash), place.inbox) &&
         read_number(id.substr(dash + 1), place.number);
}

bool read_kind(char letter, MembershipChange::Kind& kind) {
  switch (letter) {
    case 'j': kind = MembershipChange::Kind::joined; return true;
    case 'l': kind = MembershipChange::Kind::left; return true;
    case 'u': kind = MembershipChange::Kind::updated; return true;
    case 'm': kind = MembershipChange::Kind::moved; return true;
    default: return false;
  }
}

bool read_change(std::string_view bytes, MembershipChange& change) {
  PackedReader reader(bytes);
  change.version = reader.number64();
  const auto kind = static_cast<char>(reader.byte());
  const unsigned reason = static_cast<unsigned>(reader.byte()) - '0';
  change.former_epoch = reader.number64();
  change.room = reader.text();
  change.member.id = reader.text();
  if (!reader.ok() || reason > static_cast<unsigned>(LeaveReason::node_lost)) return false;
  change.reason = static_cast<LeaveReason>(reason);
  return read_kind(kind, change.kind) && unpack_member(reader.rest(), change.member);
}

void read_entry(std::string value, InboxEntry& entry) {
  if (value.empty()) return;
  const char kind = value.back();
  value.pop_back();
  PackedReader reader(value);
  switch (kind) {
    case 'm':
      entry.bytes = std::move(value);
      entry.kind = InboxEntry::Kind::messages;
      return;
    case 'c':
      if (read_change(value, entry.change)) entry.kind = InboxEntry::Kind::change;
      return;
    case 'd':
      entry.change.member.epoch = reader.number64();
      entry.change.member.id = reader.rest();
      if (reader.ok()) entry.kind = InboxEntry::Kind::displaced;
      return;
    case 'p':
      entry.number = reader.number64();
      if (reader.ok()) entry.kind = InboxEntry::Kind::probe;
      return;
    case 'a': entry.kind = InboxEntry::Kind::mark; return;
    default: return;
  }
}

}  // namespace

std::vector<InboxEntry> inbox_entries(std::vector<Reply::Value> values) {
  std::vector<InboxEntry> entries;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].depth != id_depth) continue;
    InboxEntry& entry = entries.emplace_back();
    std::size_t fields = 0;
    while (i + fields + 1 < values.size() && values[i + fields + 1].depth == field_depth) ++fields;
    if (!read_place(values[i].text, entry.place)) {
      entries.pop_back();
    } else if (fields == 2) {
      read_entry(std::move(values[i + 2].text), entry);
    }
    i += fields;
  }
  return entries;
}

bool unpack_member(std::string_view packed, StoreMember& member) {
  PackedReader reader(packed);
  member.epoch = reader.number64();
  member.joined_at = reader.number64();
  member.node = reader.text();
  member.metadata = Payload(reader.rest());
  return reader.ok();
}

std::string stream_id(InboxPlace place) {
  return std::to_string(place.inbox) + "-" + std::to_string(place.number);
}

std::string stream_id_before(InboxPlace place) {
  if (place.number > 0) return stream_id({place.inbox, place.number - 1});
  return stream_id({place.inbox == 0 ? 0 : place.inbox - 1, std::numeric_limits<std::uint64_t>::max()});
}

}  // namespace signaling::redis
