#include "signaling/socketio/vocabularies.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "signaling/core/clock.hpp"
#include "socketio/emission.hpp"
#include "socketio/vocabularies/languages.hpp"

namespace signaling::socketio {
namespace {

constexpr std::array<std::string_view, 4> names{"email-calls", "redis-rooms", "rooms-mesh", "token-peers"};
constexpr std::array makers{make_email_calls, make_redis_rooms, make_rooms_mesh, make_token_peers};
static_assert(names.size() == makers.size());

}  // namespace

std::shared_ptr<const Vocabulary> Vocabulary::make(std::string_view name, std::string_view nsp,
                                                   const VocabularyOptions& options) {
  const auto known = std::find(names.begin(), names.end(), name);
  if (known == names.end()) return nullptr;
  VocabularyOptions complete = options;
  if (!complete.wall_clock) complete.wall_clock = wall_time;
  return makers[static_cast<std::size_t>(known - names.begin())](nsp, complete);
}

std::string pack(const BinaryEvent& event) {
  Emission emission;
  emission.arguments = event.event;
  emission.attachments = event.attachments;
  return pack(emission);
}

bool unpack(std::string_view bytes, BinaryEvent& event) {
  Emission emission;
  if (!unpack(bytes, emission)) return false;
  event = {emission.arguments, std::move(emission.attachments)};
  return true;
}

std::span<const std::string_view> vocabulary_names() noexcept { return names; }

}  // namespace signaling::socketio
