#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace bench {

/// Counts durations in buckets of 1/32 of their power of two: percentiles to 3 %, whatever the range.
class Histogram {
 public:
  void add(std::uint64_t value) {
    ++buckets_[index_of(value)];
    ++count_;
  }
  void clear() { *this = Histogram(); }
  std::uint64_t count() const { return count_; }

  /// The value that this part (0 to 1) of all values does not exceed.
  std::uint64_t quantile(double part) const {
    const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > wanted) return upper_bound(i);
    }
    return 0;
  }

 private:
  static constexpr unsigned sub_bits = 5;

  static std::size_t index_of(std::uint64_t value) {
    const unsigned width = static_cast<unsigned>(std::bit_width(value));
    if (width <= sub_bits) return value;
    const unsigned shift = width - 1 - sub_bits;
    return ((shift + 1) << sub_bits) + ((value >> shift) - (1U << sub_bits));
  }
  static std::uint64_t upper_bound(std::size_t index) {
    if (index < (1U << sub_bits)) return index;
    const std::size_t shift = (index >> sub_bits) - 1;
    return (((index & ((1U << sub_bits) - 1)) + (1U << sub_bits) + 1) << shift) - 1;
  }

  std::array<std::uint64_t, std::size_t{65 - sub_bits} << sub_bits> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace bench
