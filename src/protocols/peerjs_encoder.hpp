#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/peerjs_index.hpp"
#include "signaling/core/protocol.hpp"

namespace signaling::protocols {

inline constexpr std::string_view peerjs_language = "peerjs";
/// A refusal closes with this code (RFC 6455 7.4.1).
inline constexpr std::uint16_t peerjs_refusal_code = 1000;
/// The event that asks the transport of its receiver for a sign of life.
inline constexpr std::string_view peerjs_probe = "probe";
/// The event that tells a client that waits for an id that it is taken.
inline constexpr std::string_view peerjs_taken_event = "taken";
/// The event of a LEAVE.
inline constexpr std::string_view peerjs_leave = "leave";
/// Errors of requests with this tag have no word.
inline constexpr std::string_view peerjs_silent = "message";

/// The types of messages as they are written.
std::string_view to_peerjs(MessageType type) noexcept;
/// {"type":"ID-TAKEN",…}
Frame peerjs_id_taken();
/// {"type":"ERROR","payload":{"msg":…}}
Frame peerjs_error(std::string_view message);
/// {"type":"EXPIRE",…}, and the same for LEAVE: `source` is not there, or too slow. Both are JSON.
std::string peerjs_ends(std::string_view source, std::string_view destination);

/// The tag of a join: the number of PeerjsOpenings, and whether the client is told that its id is taken.
std::string peerjs_join_tag(std::uint64_t number, bool is_last);
/// The tag of a message, from which a LEAVE is made if the receiver is too slow.
std::string peerjs_message_tag(std::string_view source, std::string_view destination, std::size_t max_bytes);

/// Writes the server's messages. Beyond that, it keeps in `shared` what protocol objects cannot see.
class PeerjsEncoder final : public Encoder {
 public:
  explicit PeerjsEncoder(Peerjs::Shared& shared) : shared_(shared) {}
  void encode(const Event& event, std::vector<Frame>& frames) const override;

 private:
  void encode_joined(const event::Joined& joined, std::vector<Frame>& frames) const;
  void encode_error(const event::Error& error, std::vector<Frame>& frames) const;
  void encode_message(const event::Message& sent, std::vector<Frame>& frames) const;
  void encode_other(const event::Message& sent, std::vector<Frame>& frames) const;

  Peerjs::Shared& shared_;
};

/// What the protocol objects of one factory share.
struct Peerjs::Shared {
  Shared(RoomOf room_of, PeerjsOptions its_options);

  const PeerjsOptions options;
  const RoomId room;
  const std::string alias_prefix;
  PeerjsIndex index;
  PeerjsOpenings openings;
  PeerjsContenders contenders;
  PeerjsConnections connections;
  const PeerjsEncoder encoder;
};

}  // namespace signaling::protocols
