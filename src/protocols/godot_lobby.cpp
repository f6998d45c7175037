#include "protocols/godot_lobby.hpp"

#include <algorithm>

#include "signaling/protocols/godot.hpp"
#include "signaling/text/sha1.hpp"

namespace signaling::protocols {
namespace {

constexpr std::uint32_t first_of_clients = 1U << 20U;
constexpr std::uint32_t last = (1U << 31U) - 1;

}  // namespace

std::uint32_t godot_number(std::string_view id, std::string_view metadata) {
  if (is_godot_host(metadata)) return 1;
  const auto digest = text::sha1(id);
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8U | digest[i];
  return metadata == godot_client_claim ? first_of_clients + value % (last - first_of_clients)
                                        : 2 + value % (first_of_clients - 2);
}

const Member* godot_host(const std::vector<Member>& members) noexcept {
  const auto host = std::ranges::find_if(
      members, [](const Member& member) { return is_godot_host(member.metadata.view()); });
  return host == members.end() ? nullptr : &*host;
}

}  // namespace signaling::protocols
