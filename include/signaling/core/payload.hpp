#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "signaling/core/export.hpp"

namespace signaling {

/// Shared immutable bytes that outlive the message they came in: metadata, held messages.
///
/// The library never looks inside: by convention metadata is JSON text.
/// Ownership: a copy shares the bytes. Threads: any; the bytes never change.
class SIGNALING_API Payload {
 public:
  Payload() noexcept = default;
  /// Copies `bytes`. An empty payload holds no memory.
  explicit Payload(std::string_view bytes);

  /// The bytes; the view lives as long as any copy.
  std::string_view view() const noexcept { return {bytes_.get(), size_}; }
  /// How many bytes.
  std::size_t size() const noexcept { return size_; }
  /// True if there are none.
  bool empty() const noexcept { return size_ == 0; }

  friend bool operator==(const Payload& a, const Payload& b) noexcept { return a.view() == b.view(); }

 private:
  std::shared_ptr<const char[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace signaling
