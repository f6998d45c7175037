#pragma once

#include "lobby.hpp"
#include "signaling/core/policy.hpp"

/// Who may connect, join and send. It is made before the router, which the lobby needs: `serve` brings them together.
class GamePolicy final : public signaling::Policy {
 public:
  void serve(Lobby* lobby) { lobby_ = lobby; }

  /// A player is whoever knows the player's token, a secret that the page makes up at its first visit.
  void authenticate(const signaling::ConnectInfo& info,
                    signaling::Callback<void(signaling::Admission)> done) override;
  void authorize_join(const signaling::Peer& peer, const signaling::JoinAttempt& attempt,
                      signaling::Callback<void(signaling::Decision)> done) override;
  void join_failed(const signaling::Peer& peer, std::string_view room, signaling::errc error) override;
  /// Players talk to the server only.
  signaling::Decision authorize_send(const signaling::Peer& peer, const signaling::Message& message) override;

 private:
  signaling::Decision decide(const signaling::Peer& peer, const signaling::JoinAttempt& attempt);

  Lobby* lobby_ = nullptr;
};
