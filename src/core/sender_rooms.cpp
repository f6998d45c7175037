#include "core/sender_rooms.hpp"

#include <cstddef>
#include <cstdint>

namespace signaling {
namespace {

constexpr std::size_t number_bytes = 8;

void append_number(std::string& bytes, std::uint64_t number) {
  for (std::size_t i = 0; i < number_bytes; ++i) bytes += static_cast<char>((number >> (8 * i)) & 0xFF);
}

std::uint64_t take_number(std::string_view& bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < number_bytes; ++i) {
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  bytes.remove_prefix(number_bytes);
  return number;
}

}  // namespace

void append_sender_room(std::string& bytes, const SenderRoom& room) {
  append_number(bytes, room.joined_at);
  append_number(bytes, room.room.size());
  bytes += room.room;
}

boost::container::small_vector<SenderRoom, 4> sender_rooms(std::string_view bytes) {
  boost::container::small_vector<SenderRoom, 4> rooms;
  while (bytes.size() >= 2 * number_bytes) {
    const Version joined_at = take_number(bytes);
    const std::uint64_t size = take_number(bytes);
    if (size > bytes.size()) break;
    rooms.push_back({bytes.substr(0, static_cast<std::size_t>(size)), joined_at});
    bytes.remove_prefix(rooms.back().room.size());
  }
  return rooms;
}

}  // namespace signaling
