#include "signaling/core/payload.hpp"

#include <algorithm>

namespace signaling {

Payload::Payload(std::string_view bytes) : size_(bytes.size()) {
  if (bytes.empty()) return;
  auto copy = std::make_shared_for_overwrite<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  bytes_ = std::move(copy);
}

}  // namespace signaling
