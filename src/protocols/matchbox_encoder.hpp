#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "signaling/core/protocol.hpp"

namespace signaling::protocols {

/// Marks what is said in this language, so that other clients of it get the message as it was.
inline constexpr std::string_view matchbox_language = "matchbox";
/// The request of the join that a client's connection asks for.
inline constexpr std::string_view matchbox_join_request = "join";

/// Writes the server's messages of matchbox.
class MatchboxEncoder final : public Encoder {
 public:
  /// What the receivers are in their room.
  enum class Role : std::uint8_t { member, host, client };
  explicit MatchboxEncoder(Role role) noexcept : role_(role) {}
  void encode(const Event& event, std::vector<Frame>& frames) const override;

 private:
  const Role role_;
};

}  // namespace signaling::protocols
