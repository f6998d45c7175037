#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "core/deadlines.hpp"
#include "core/directory.hpp"
#include "signaling/core/callback.hpp"
#include "signaling/core/command.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/core/payload.hpp"
#include "signaling/core/policy.hpp"

namespace signaling {

class PeerSession;
class RoomView;

/// A join that somebody wants, with what its views pointed to.
struct JoinRequest {
  RoomId room;
  std::optional<Payload> metadata;
  std::string request;
  std::string alias;
  command::Join::AliasInUse alias_in_use = command::Join::AliasInUse::stay;
  std::string alias_secret;
  command::Join::Answer answer = command::Join::Answer::joined;
  command::Join::Capacity capacity = command::Join::Capacity::limited;
  /// The host has decided that the peer joins: nobody is asked.
  bool is_decided = false;
  /// Called once, with what became of it. Empty: nobody wants to know.
  Callback<void(std::error_code)> done;

  std::size_t bytes() const noexcept {
    return room.size() + request.size() + alias.size() + alias_secret.size() +
           (metadata ? metadata->size() : 0);
  }
};

JoinRequest own(const command::Join& command);

/// One join of a peer, step by step: the policy decides, an alias is claimed, the room lets the peer in.
///
/// States: deciding -> claiming -> entering -> over, of which each may be skipped. While an answer is awaited the peer's
/// input waits. A policy that does not decide within Limits::decision_timeout has refused.
/// Ownership: by the handler of the answer that is awaited. Threads: the peer's executor.
class PeerJoin final : public std::enable_shared_from_this<PeerJoin> {
 public:
  PeerJoin(std::shared_ptr<PeerSession> peer, JoinRequest request);

  void begin();
  /// The peer is kicked: if it is just entering this room, it leaves again as soon as it is in.
  void kick(std::string_view room, std::string_view why);
  /// The peer is gone.
  void abandon() noexcept { deadline_.cancel(); }

 private:
  enum class State : std::uint8_t { deciding, claiming, entering, over };

  void ask_policy();
  void decided(const Decision& decision);
  /// False: the policy's metadata is not JSON, and the join has failed.
  bool take_terms(const JoinTerms& terms);
  void not_decided();
  void take_alias();
  void claim_alias();
  /// Another peer of this node has had the alias.
  void end_former(const Directory::AliasHolder& former);
  void alias_claimed(std::error_code error, Epoch epoch);
  void enter();
  void entered(errc error, const std::shared_ptr<RoomView>& room);
  /// A member that joins again gets the list of members, and the others are told of new metadata only.
  void rejoin();
  /// The client is told.
  void fail(errc error, std::string_view message = {});
  /// The policy is told, if it has granted the join.
  void give_up(errc error);
  /// Whoever wanted the join is told.
  void finish(errc error);

  const std::shared_ptr<PeerSession> peer_;
  JoinRequest request_;
  State state_ = State::deciding;
  bool is_granted_ = false;              // by the policy
  std::optional<std::size_t> capacity_;  // likewise; absent: the limit
  std::optional<std::string> kicked_for_;
  ScopedDeadline deadline_;
};

}  // namespace signaling
