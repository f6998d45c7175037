#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace signaling::redis {

/// Reads what the script has packed: numbers with the most significant byte first, texts behind their length.
///
/// Errors: `ok` is false once something was not there; what is read from then on is 0 or empty.
/// Lifetime: texts are views of the bytes.
class PackedReader {
 public:
  explicit PackedReader(std::string_view bytes) noexcept : rest_(bytes) {}

  std::uint8_t byte() noexcept { return static_cast<std::uint8_t>(number(1)); }
  std::uint32_t number32() noexcept { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t number64() noexcept { return number(8); }
  std::string_view text() noexcept { return take(number32()); }
  std::string_view rest() noexcept { return take(rest_.size()); }

  bool ok() const noexcept { return ok_; }
  bool empty() const noexcept { return rest_.empty(); }

 private:
  std::uint64_t number(std::size_t size) noexcept {
    std::uint64_t value = 0;
    for (const char byte : take(size)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }

  std::string_view take(std::size_t size) noexcept {
    ok_ = ok_ && size <= rest_.size();
    if (!ok_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace signaling::redis
