#pragma once

#include <array>
#include <string_view>

#include "signaling/identity/authenticator.hpp"
#include "signaling/text/export.hpp"

namespace signaling::identity {

/// Admits every client that sends one shared token.
///
/// The duration of the comparison reveals neither where a guess differs nor the token's length. Only a digest is kept.
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
