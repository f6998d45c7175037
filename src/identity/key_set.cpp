#include "signaling/identity/key_set.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "identity/key.hpp"

namespace signaling::identity {
namespace {

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument("key set: " + what); }

std::optional<Key> read_key(const JsonValue& value, std::size_t place) {
  const std::string name = "key " + std::to_string(place) + ": ";
  const auto jwk = JsonObject::read(value.text);
  if (!jwk) refuse(name + "it is not a JSON object, or has a duplicate member");
  try {
    return Key::from_jwk(*jwk);
  } catch (const std::invalid_argument& error) {
    refuse(name + error.what());
  }
}

void check_ids(const std::vector<Key>& keys) {
  if (keys.empty()) refuse("it has no key for HS256, RS256, ES256 or EdDSA");
  for (auto key = keys.begin(); key != keys.end(); ++key) {
    if (key->id().empty() && keys.size() > 1) refuse("each of several keys needs a 'kid'");
    const auto same = [&](const Key& other) { return other.id() == key->id(); };
    if (std::any_of(keys.begin(), key, same)) refuse("two keys have the same 'kid'");
  }
}

}  // namespace

KeySet KeySet::from_jwks(std::string_view json) {
  const auto set = JsonObject::read(json);
  if (!set) refuse("it is not a JSON object, or has a duplicate member");
  const JsonValue* list = set->find("keys");
  const auto elements = list != nullptr ? elements_of(*list) : std::nullopt;
  if (!elements) refuse("it has no array 'keys'");
  auto keys = std::make_shared<std::vector<Key>>();
  for (std::size_t i = 0; i < elements->size(); ++i) {
    if (auto key = read_key((*elements)[i], i + 1)) keys->push_back(*std::move(key));
  }
  check_ids(*keys);
  return KeySet(std::move(keys));
}

std::size_t KeySet::size() const noexcept { return keys_->size(); }

const Key* KeySet::find(std::string_view id) const noexcept {
  if (id.empty()) return keys_->size() == 1 ? &keys_->front() : nullptr;
  const auto found = std::ranges::find(*keys_, id, &Key::id);
  return found == keys_->end() ? nullptr : &*found;
}

}  // namespace signaling::identity
