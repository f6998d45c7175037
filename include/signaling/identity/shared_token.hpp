#pragma once

#include <array>
#include <string_view>

#include "signaling/core/export.hpp"
#include "signaling/identity/authenticator.hpp"

namespace signaling::identity {

/// Admits whoever shows the one token that all of them know.
///
/// Compared in a time that tells neither where a guess differs nor how long the token is. Only a digest is kept.
class SIGNALING_API SharedToken final : public Authenticator {
 public:
  /// Throws std::invalid_argument if `token` is empty.
  explicit SharedToken(std::string_view token, Grants grants = Grants::everything());

  void authenticate(const ConnectInfo& info, Callback<void(Verdict)> done) override;

 private:
  std::array<unsigned char, 32> digest_;
  Grants grants_;
};

}  // namespace signaling::identity
