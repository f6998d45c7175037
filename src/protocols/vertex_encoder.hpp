#pragma once

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/protocol.hpp"
#include "signaling/core/room.hpp"

namespace signaling::protocols {

/// Marks what is said in this language, so that other clients of it get the message as it was.
inline constexpr std::string_view vertex_language = "vertex";
/// What stands before the id of a client to make an alias of it.
inline constexpr std::string_view vertex_alias_prefix = "\037vertex:";
/// The request of a client that says anew who it is.
inline constexpr std::string_view vertex_leave_request = "(leave)";

/// `{"type":"error","data":{"reason":…}}`, where `reason` is JSON text.
Frame vertex_error(std::string_view reason);

/// Writes the server's messages of the vertex protocol. A message of another peer comes as it was sent, if
/// that was in this language.
class VertexEncoder final : public Encoder {
 public:
  explicit VertexEncoder(std::function<std::vector<Member>()> members) : members_(std::move(members)) {}
  void encode(const Event& event, std::vector<Frame>& frames) const override;

 private:
  /// The members as they will be once `changed` is what it is now; or, if `is_gone`, without it.
  enum class Change : std::uint8_t { there, gone };
  Frame write_peers_after(Change change, const MemberView& changed) const;

  std::function<std::vector<Member>()> members_;
};

}  // namespace signaling::protocols
