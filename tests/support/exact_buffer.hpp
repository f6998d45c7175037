#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>

namespace signaling::testing {

/// Bytes in a heap block of exactly their size, so that AddressSanitizer sees a read behind them.
class ExactBuffer {
 public:
  explicit ExactBuffer(std::string_view bytes) : bytes_(new char[bytes.size()]), size_(bytes.size()) {
    std::ranges::copy(bytes, bytes_.get());
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

}  // namespace signaling::testing
