#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "signaling/core/ids.hpp"

namespace signaling {

/// The secrets with which a client proves, on a later connection, that a peer is its own. Each welcome has a new one. Two
/// are good: the newest, and the one that the client has shown last, until it confirms the newest; a welcome that gets
/// lost locks nobody out.
///
/// All secrets of one peer begin with the same bytes, those of its first: the mark of the router's run, and a random part.
class ResumeSecrets {
 public:
  enum class Proof : std::uint8_t {
    wrong,
    outdated,  ///< a secret of this peer, but its client has a newer one
    good,
  };
  static constexpr std::size_t run_size = 6;
  static constexpr std::size_t session_size = run_size + 22;  // and a random id

  ResumeSecrets() = default;
  explicit ResumeSecrets(std::string first) noexcept : newest_(std::move(first)) {}

  /// What all secrets of the peer share, to which this one belongs.
  static std::string_view session_of(std::string_view secret) noexcept {
    return secret.substr(0, session_size);
  }
  std::string_view session() const noexcept { return session_of(newest_); }
  const std::string& newest() const noexcept { return newest_; }

  /// The client has received the last welcome.
  bool is_newest(std::string_view secret) const noexcept { return equal_secrets(secret, newest_); }
  Proof check(std::string_view secret) const noexcept {
    if (newest_.empty()) return Proof::wrong;
    if (equal_secrets(secret, newest_) || (!shown_.empty() && equal_secrets(secret, shown_)))
      return Proof::good;
    return equal_secrets(session_of(secret), session()) ? Proof::outdated : Proof::wrong;
  }
  /// The client has shown a good secret and gets a new one. `random`: an id.
  void renew(std::string_view shown, std::string_view random) {
    std::string next(session());
    next += random;
    shown_ = shown;
    newest_ = std::move(next);
  }
  /// The client has the newest.
  void confirm() noexcept { shown_.clear(); }

 private:
  std::string newest_;
  std::string shown_;  // empty: only the newest is good
};

}  // namespace signaling
