#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/input_queue.hpp"
#include "core/room_picture.hpp"
#include "signaling/core/event.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/payload.hpp"

namespace signaling::handover {

/// A node that does not answer in this time is not waited for.
inline constexpr std::chrono::milliseconds patience{2'000};

/// What two nodes tell each other while a peer goes from one to the other, as NodeCommand::data: Request and Answer, then,
/// when everything that others send the peer goes to the new node, History.
///
/// `pack` gives bytes for any node that runs this version; `unpack` gives nothing if it cannot read them.

/// The client of a peer has connected to `node`.
struct Request {
  std::uint64_t number = 0;  ///< for the answer
  NodeId node;
  std::string secret;    ///< that the client has shown
  std::string subject;   ///< its user, see Identity::subject
  std::string language;  ///< its protocol
};

struct Answer {
  enum class Verdict : std::uint8_t {
    unknown,     ///< no peer that this secret belongs to
    good,        ///< the peer does nothing any more until the id is claimed
    outdated,    ///< another connection has a newer secret
    other_user,  ///< the peer is somebody else's
    busy,        ///< not now
  };
  struct Room {
    RoomId id;
    Payload metadata;
  };
  std::uint64_t number = 0;
  Verdict verdict = Verdict::unknown;
  NodeId node = {};              ///< that answers
  Epoch epoch = 0;               ///< by which it is in its rooms
  std::chrono::seconds keep{0};  ///< its grace
  std::vector<Room> rooms = {};
};

struct History {
  bool is_counted = false;     ///< otherwise the counts, and `unacknowledged`, are unknown
  std::uint64_t received = 0;  ///< messages of the client
  std::uint64_t sent = 0;      ///< messages to the client before `unacknowledged`
  std::vector<Frame> unacknowledged;
  std::vector<Frame> waiting;               ///< behind these
  std::uint64_t dropped = 0;                ///< of what should be among them
  std::vector<InputQueue::Received> input;  ///< of `received`, those that were not handled yet
  struct Away {
    RoomId room;
    PeerId peer;
  };
  std::vector<Away> away;  ///< members of its rooms that it was told are away
  /// A room that the peer has left for the other node, and what it knows of it.
  struct Room {
    RoomId id;
    RoomPicture picture;
    friend bool operator==(const Room&, const Room&) = default;
  };
  std::vector<Room> rooms;
  /// The client was given this answer and may not have received it.
  std::optional<event::Resumption> restarted_with;
};

std::string pack(const Request& request);
std::string pack(const Answer& answer);
std::string pack(const History& history);
std::optional<Request> unpack_request(std::string_view bytes);
std::optional<Answer> unpack_answer(std::string_view bytes);
std::optional<History> unpack_history(std::string_view bytes);

}  // namespace signaling::handover
