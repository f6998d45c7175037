#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "signaling/core/callback.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/core/router.hpp"
#include "signaling/socketio/packet.hpp"
#include "signaling/text/export.hpp"

namespace signaling::socketio {

/// The rooms of all clients, in vocabularies whose clients reach each other without a room. Peers of other protocols
/// join them by these names.
inline constexpr std::string_view rooms_mesh_room = "rooms-mesh/everybody";
/// All clients of "token-peers".
inline constexpr std::string_view token_peers_room = "token-peers/everybody";

/// An event with attachments, as the protocol of a vocabulary receives it.
struct SIGNALING_API BinaryEvent {
  std::string_view event;                     ///< the array of the event, with placeholders
  std::vector<std::string_view> attachments;  ///< the values of the placeholders
};
/// Encodes it as one binary message.
SIGNALING_API std::string pack(const BinaryEvent& event);
/// Decodes it; views point into `bytes`. False: it is not such a message.
[[nodiscard]] SIGNALING_API bool unpack(std::string_view bytes, BinaryEvent& event);

/// Options of a vocabulary, read when it is made and not later.
struct SIGNALING_API VocabularyOptions {
  /// The clock for timestamps that people read. Default: the machine's. Any thread may call it, concurrently.
  std::function<std::chrono::system_clock::time_point()> wall_clock;
  /// Returns the members of a room of the router that the clients are connected to, on all nodes; none if there is no
  /// such room. Clients of "token-peers" use a name before they have claimed it: with this function the name is passed
  /// on, unless another peer has it. Default: such clients are named by their ids. Any thread may call it,
  /// concurrently.
  std::function<std::vector<Member>(std::string_view room)> members;
};

/// Maps the event names and fields of the clients of one namespace to joins, leaves, offers and so on: "redis-rooms",
/// "token-peers", "rooms-mesh" and "email-calls", as described in docs/interop.md.
///
/// A message that its protocols decode is the array of one event as JSON text, `["join-room","r"]`, without packet
/// header. An event with attachments is a binary message, a BinaryEvent. The frames that its encoder writes are whole
/// Engine.IO messages, packet header included; the first answers the CONNECT, with the id of the peer as the id of the
/// socket. When the router closes the peer, the frame for the client is the DISCONNECT of the namespace.
/// A client whose request fails gets the event `error({code, message})`, which clients that do not know it ignore.
/// Events that the vocabulary does not define are ignored. An error that answers no event is written twice, as
/// CONNECT_ERROR and as this event: the first is for a client whose CONNECT has no answer yet, the second for a
/// connected one. The owner of the connection drops the other.
///
/// Ownership: shared; all protocols that one object makes share its encoder.
/// Threads: any.
/// Errors: nothing a client sends throws.
class SIGNALING_API Vocabulary {
 public:
  virtual ~Vocabulary() = default;
  /// Null: no vocabulary has that name. Vocabularies of one name in several namespaces share their rooms.
  static std::shared_ptr<const Vocabulary> make(std::string_view name, std::string_view nsp = main_namespace,
                                                const VocabularyOptions& options = {});
  /// The name for `make`.
  virtual std::string_view name() const noexcept = 0;
  /// Makes the protocol object of one client of the namespace.
  virtual std::unique_ptr<Protocol> make_protocol() const = 0;
};

/// All names for `Vocabulary::make`.
SIGNALING_API std::span<const std::string_view> vocabulary_names() noexcept;

/// The ready clients of "token-peers" on all nodes: a JSON array of `{socketId, peerId, peerType}`.
///
/// Only one request to the store is pending at a time: callers that ask meanwhile share the answer of the next request,
/// so that no answer is older than its question.
/// Ownership: the router must outlive it. Threads: any.
class SIGNALING_API TokenPeersConnections {
 public:
  /// Gets the array, or why the store gave no answer.
  using Done = Callback<void(std::error_code error, std::string json)>;
  /// Answers for the clients of this router's cluster.
  explicit TokenPeersConnections(const Router& router);
  /// Completes as the store does: at once, or later, on any thread.
  void ask(Done done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace signaling::socketio
