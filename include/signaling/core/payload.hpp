#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "signaling/text/export.hpp"

namespace signaling {

/// Shared immutable bytes that outlive the message they came in: metadata, stored messages.
///
/// The library does not interpret them; by convention metadata is JSON text.
/// Ownership: copies share the bytes. Threads: any; the bytes never change.
class SIGNALING_API Payload {
 public:
  Payload() noexcept = default;
  /// Copies `bytes`. An empty payload holds no memory.
  explicit Payload(std::string_view bytes);

  /// The bytes; the view is valid as long as any copy exists.
  std::string_view view() const noexcept { return {bytes_.get(), size_}; }
  /// The number of bytes.
  std::size_t size() const noexcept { return size_; }
  /// True if there are none.
  bool empty() const noexcept { return size_ == 0; }

  friend bool operator==(const Payload& a, const Payload& b) noexcept { return a.view() == b.view(); }

 private:
  std::shared_ptr<const char[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace signaling
