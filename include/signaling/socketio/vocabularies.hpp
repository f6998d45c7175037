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
#include "signaling/core/export.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/core/router.hpp"
#include "signaling/socketio/packet.hpp"

namespace signaling::socketio {

/// The rooms that hold everybody, in vocabularies whose clients reach each other without a room. Peers of
/// other languages join them by these names.
inline constexpr std::string_view rooms_mesh_room = "rooms-mesh/everybody";
/// All clients of "token-peers".
inline constexpr std::string_view token_peers_room = "token-peers/everybody";

/// An event with attachments, as the protocol of a vocabulary gets it.
struct SIGNALING_API BinaryEvent {
  std::string_view event;                     ///< the array of the event, with placeholders
  std::vector<std::string_view> attachments;  ///< what the placeholders stand for
};
/// As one binary message.
SIGNALING_API std::string pack(const BinaryEvent& event);
/// Views point into `bytes`. False: it is no such message.
[[nodiscard]] SIGNALING_API bool unpack(std::string_view bytes, BinaryEvent& event);

/// Settings of a vocabulary. Read when it is made and not later.
struct SIGNALING_API VocabularyOptions {
  /// For timestamps that people read. Default: the machine's. Called from any thread at once.
  std::function<std::chrono::system_clock::time_point()> wall_clock;
  /// Who is in a room of the router that the clients are connected to, on all nodes; none if there is no such room.
  /// Clients of "token-peers" send before they have claimed a name, and say one all the same: with this it is passed on,
  /// unless somebody has it. Default: they are called by their ids. Called from any thread at once.
  std::function<std::vector<Member>(std::string_view room)> members;
};

/// Which event names and fields mean join, leave, offer and so on to the clients of one namespace:
/// "redis-rooms", "token-peers", "rooms-mesh" and "email-calls", as described in docs/interop.md.
///
/// A message that its protocols decode is the array of one event as JSON text, `["join-room","r"]`, without
/// packet header. The frames that its encoder writes are whole Engine.IO messages, packet header included;
/// the first answers the CONNECT, for which the id of the peer is the id of the socket. When the router
/// closes the peer, what the client should be told is the DISCONNECT of the namespace.
/// An event with attachments is a binary message, a BinaryEvent.
/// A failure of what a client asked for is told to it with the event `error({code, message})`, which clients
/// that do not know it ignore; events that the vocabulary does not have are ignored here. An error that answers no event is
/// written twice, as CONNECT_ERROR and as this event: the first is for a client whose CONNECT has no answer yet, the second
/// for one that is in. Whoever owns the connection drops the other.
///
/// Ownership: shared; all protocols that one object makes share its encoder.
/// Threads: any.
/// Errors: nothing a client sends throws.
class SIGNALING_API Vocabulary {
 public:
  virtual ~Vocabulary() = default;
  /// Null: there is no vocabulary of that name. Those of one name in several namespaces share their rooms.
  static std::shared_ptr<const Vocabulary> make(std::string_view name, std::string_view nsp = main_namespace,
                                                const VocabularyOptions& options = {});
  /// What `make` knows it by.
  virtual std::string_view name() const noexcept = 0;
  /// For one client of the namespace.
  virtual std::unique_ptr<Protocol> make_protocol() const = 0;
};

/// All that `Vocabulary::make` knows.
SIGNALING_API std::span<const std::string_view> vocabulary_names() noexcept;

/// The clients of "token-peers" that are ready, on all nodes: a JSON array of `{socketId, peerId, peerType}`.
///
/// However many ask, the store is asked once at a time: whoever asks meanwhile shares the answer to the next question, so
/// that no answer is older than what it answers.
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
