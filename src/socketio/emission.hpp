#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/frame.hpp"

namespace signaling::socketio {

/// Message::language of events whose `original` is their arguments: raw JSON values with commas between
/// them.
inline constexpr std::string_view plain_language = "socket.io";
/// The same, for those whose `original` is a packed Emission.
inline constexpr std::string_view packed_language = "socket.io/packed";

/// What an event or an acknowledgement has beside its name, if that is more than text: it travels as one
/// string through queues, and from node to node.
struct Emission {
  /// `leave` and `hang_up` are no events: who gets them is to disconnect from the namespace, or altogether.
  enum class Kind : char { event = 'e', ack = 'a', leave = 'd', hang_up = 'h' };
  Kind kind = Kind::event;
  /// The acknowledgement that is asked for, or given.
  std::optional<std::uint64_t> id;
  /// Sockets in one of these rooms do not get it, nor those with one of these ids.
  std::vector<std::string_view> except_rooms;
  std::vector<std::string_view> except_ids;
  /// Values with commas between them, or a whole array with the event's name in it.
  std::string_view arguments;
  std::vector<std::string_view> attachments;
};

std::string pack(const Emission& emission);
/// Views point into `text`. False: it is none, as another node may send anything.
[[nodiscard]] bool unpack(std::string_view text, Emission& emission);

std::vector<std::string_view> views_of(std::span<const Frame> attachments);

/// Frames between the encoder of a namespace and its transports, which never reach a client: they do not
/// begin with the `4` that all of Socket.IO's do.
struct Note {
  enum class Kind : char {
    joined = 'j',      ///< the join with the tag `number` is done
    refused = 'e',     ///< the join with the tag `number` has failed with `error`
    put_out = 'l',     ///< of the room `rooms[0]`
    disconnect = 'd',  ///< from the namespace; with the whole connection if `number` is not 0
    except = 'x',      ///< the next `number` frames are not for sockets in these `rooms`, or with these `ids`
  };
  Kind kind = Kind::joined;
  std::uint64_t number = 0;
  std::uint64_t error = 0;
  std::vector<std::string_view> rooms;
  std::vector<std::string_view> ids;
};

Frame encode_note(const Note& note);
[[nodiscard]] bool decode_note(std::string_view text, Note& note);

}  // namespace signaling::socketio
