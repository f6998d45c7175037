#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/protocol.hpp"
#include "signaling/core/room.hpp"
#include "signaling/protocols/godot.hpp"

namespace signaling::protocols {

/// Writes the server's messages of Godot's protocol.
class GodotEncoder final : public Encoder {
 public:
  using MembersOf = std::function<std::vector<Member>(std::string_view room)>;
  GodotEncoder(std::shared_ptr<const GodotOptions> options, MembersOf members)
      : options_(std::move(options)), members_(std::move(members)) {}
  void encode(const Event& event, std::vector<Frame>& frames) const override;

 private:
  std::string_view lobby_of(std::string_view room) const noexcept;
  bool is_sealed(std::string_view room) const;
  void encode_joined(const event::Joined& joined, std::vector<Frame>& frames) const;
  void encode_peer_joined(const event::PeerJoined& joined, std::vector<Frame>& frames) const;
  void encode_peer_left(const event::PeerLeft& left, std::vector<Frame>& frames) const;

  const std::shared_ptr<const GodotOptions> options_;
  const MembersOf members_;
};

/// Every error closes its client with this code.
inline constexpr std::uint16_t godot_error_code = 4000;

}  // namespace signaling::protocols
