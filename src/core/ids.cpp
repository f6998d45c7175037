#include "signaling/core/ids.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "signaling/text/base64.hpp"

#ifdef _WIN32
#include <cstring>
#include <random>
#else
#include <sys/random.h>
#endif

namespace signaling {
namespace {

// Asks the system each time: what is kept in between would be the same in both halves of a fork.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::byte> bytes) override {
    while (!bytes.empty()) {
      const std::size_t n = std::min(bytes.size(), max_request);
      request(bytes.first(n));
      bytes = bytes.subspan(n);
    }
  }

 private:
#ifdef _WIN32
  static constexpr std::size_t max_request = sizeof(std::random_device::result_type);
  static void request(std::span<std::byte> bytes) {
    const std::random_device::result_type word = std::random_device()();
    std::memcpy(bytes.data(), &word, bytes.size());
  }
#else
  static constexpr std::size_t max_request = 256;  // of getentropy
  static void request(std::span<std::byte> bytes) {
    if (::getentropy(bytes.data(), bytes.size()) != 0) {
      throw std::system_error(errno, std::generic_category(), "getentropy");
    }
  }
#endif
};

}  // namespace

Random& system_random() noexcept {
  static SystemRandom random;
  return random;
}

std::string make_id(Random& random) {
  std::array<std::byte, 16> bytes{};
  random.fill(bytes);
  return text::to_base64(bytes, text::Base64::url);
}

bool equal_secrets(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

}  // namespace signaling
