#include "testing/store_text.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "signaling/text/hex.hpp"

namespace signaling::testing {
namespace {

void add_field(std::string& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line += ' ';
  line += name;
  line += '=';
  line += quote(value);
}

}  // namespace

std::string quote(std::string_view bytes) {
  static constexpr std::size_t shown = 160;
  std::string text;
  for (const char c : bytes.substr(0, shown)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && c != '\\') {
      text += c;
    } else {
      text += {'\\', 'x', text::hex_digit(byte >> 4U), text::hex_digit(byte & 0xFU)};
    }
  }
  if (bytes.size() > shown) {
    text += "...(" + std::to_string(bytes.size()) + " bytes, hash " +
            std::to_string(std::hash<std::string_view>{}(bytes)) + ")";
  }
  return text;
}

// Of a member that left, only who it was is of interest.
std::string to_line(const MembershipChange& change) {
  static constexpr std::array kinds{"joined", "left", "updated", "moved"};
  const StoreMember& member = change.member;
  std::string line = quote(change.room) + " v" + std::to_string(change.version) + " " +
                     kinds.at(static_cast<std::size_t>(change.kind)) + " ";
  using Kind = MembershipChange::Kind;
  if (change.kind == Kind::joined || change.kind == Kind::moved) return line + to_line(member);
  line += quote(member.id) + " epoch=" + std::to_string(member.epoch);
  if (change.kind == MembershipChange::Kind::left)
    return line + " reason=" + std::string(to_string(change.reason));
  add_field(line, "metadata", member.metadata.view());
  return line;
}

std::string to_line(const StoreMember& member) {
  std::string line = quote(member.id) + " epoch=" + std::to_string(member.epoch) +
                     " node=" + quote(member.node) + " joined_at=" + std::to_string(member.joined_at);
  add_field(line, "metadata", member.metadata.view());
  return line;
}

std::string to_line(const Sent& sent) {
  const auto& [message, route] = sent;
  std::string line(to_string(message.type));
  add_field(line, "event", message.event);
  add_field(line, "from", route.from);
  add_field(line, "to", message.to);
  add_field(line, "room", message.room);
  add_field(line, "payload", message.payload);
  add_field(line, "from_metadata", route.from_metadata);
  add_field(line, "language", message.language);
  add_field(line, "original", message.original);
  add_field(line, "from_rooms", route.from_rooms);
  if (route.room != message.room) add_field(line, "through", route.room);
  if (route.from_epoch != 0) line += " from_epoch=" + std::to_string(route.from_epoch);
  if (route.from_joined_at != 0) line += " from_joined_at=" + std::to_string(route.from_joined_at);
  if (message.kind == MessageKind::binary) line += " binary";
  if (message.delivery == Delivery::volatile_) line += " volatile";
  if (message.audience == Audience::everybody) line += " everybody";
  if (message.reach != Reach::members) line += " reach=" + std::to_string(static_cast<int>(message.reach));
  if (route.reach != Reach::members) line += " granted=" + std::to_string(static_cast<int>(route.reach));
  return line;
}

std::string to_line(const NodeCommand& command) {
  static constexpr std::array kinds{"kick", "close_room", "away",        "back",   "undelivered",
                                    "lost", "move",       "move_answer", "history"};
  std::string line(kinds.at(static_cast<std::size_t>(command.kind)));
  add_field(line, "peer", command.peer);
  add_field(line, "room", command.room);
  add_field(line, "receiver", command.receiver);
  if (command.epoch != 0) line += " epoch=" + std::to_string(command.epoch);
  add_field(line, "why", command.why);
  add_field(line, "node", command.node);
  add_field(line, "data", command.data);
  if (command.error != errc::ok) line += " error=" + std::string(to_string(command.error));
  return line;
}

std::string to_line(const RoomState& state) {
  Lines lines;
  for (const StoreMember& member : state.members) lines.push_back(to_line(member));
  std::ranges::sort(lines);
  return "v" + std::to_string(state.version) + " [" + join_lines(lines) + "]";
}

// The code's name: its text is for people, and may change.
std::string to_line(std::error_code error) {
  if (error.category() == signaling_category())
    return std::string(to_string(static_cast<errc>(error.value())));
  return error ? std::string(error.category().name()) + ":" + std::to_string(error.value()) : "ok";
}

std::string join_lines(const Lines& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : " | ") + line;
  return text;
}

}  // namespace signaling::testing
