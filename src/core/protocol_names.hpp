#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace signaling {

/// Small numbers for the names of protocols, so that traffic can be counted by them. A host whose protocols have many
/// names gets the last number for all that come late. Threads: any.
class ProtocolNames {
 public:
  static constexpr std::size_t max_names = 12;

  std::uint8_t number_of(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == name) return static_cast<std::uint8_t>(i);
    }
    if (names_.size() + 1 < max_names) {
      names_.emplace_back(name);
    } else if (names_.size() < max_names) {
      names_.emplace_back("other");
    }
    return static_cast<std::uint8_t>(names_.size() - 1);
  }

  /// By number.
  std::vector<std::string> all() const {
    const std::scoped_lock lock(mutex_);
    return names_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> names_;
};

}  // namespace signaling
