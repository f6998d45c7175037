#include "policy.hpp"

#include <algorithm>

using signaling::Decision;

namespace {

constexpr std::size_t min_token_bytes = 16;  // shorter ones can be guessed
constexpr std::size_t max_token_bytes = 64;

}  // namespace

void GamePolicy::authenticate(const signaling::ConnectInfo& info,
                              signaling::Callback<void(signaling::Admission)> done) {
  signaling::Admission admission;
  if (info.token.size() < min_token_bytes || info.token.size() > max_token_bytes) {
    admission.decision =
        Decision::refuse("A player needs a token of 16 to 64 bytes.", signaling::errc::unauthorized);
  }
  admission.identity.subject = info.token;
  done(std::move(admission));
}

void GamePolicy::authorize_join(const signaling::Peer& peer, const signaling::JoinAttempt& attempt,
                                signaling::Callback<void(Decision)> done) {
  done(decide(peer, attempt));
}

Decision GamePolicy::decide(const signaling::Peer& peer, const signaling::JoinAttempt& attempt) {
  if (attempt.room == Lobby::room) return Decision::allow();
  Match* match = lobby_ ? lobby_->find(attempt.room) : nullptr;
  if (!match) return Decision::refuse("There is no match with this code.");
  const auto elsewhere = [&](const auto& room) { return room != Lobby::room && room != attempt.room; };
  if (std::ranges::any_of(peer.rooms(), elsewhere)) return Decision::refuse("Leave your match first.");
  return match->admit(peer, attempt.metadata);
}

void GamePolicy::join_failed(const signaling::Peer& peer, std::string_view room, signaling::errc /*error*/) {
  Match* const match = lobby_ ? lobby_->find(room) : nullptr;
  if (match) match->join_failed(peer);
}

Decision GamePolicy::authorize_send(const signaling::Peer& /*peer*/, const signaling::Message& message) {
  const bool is_for_server = message.to == Lobby::room || (lobby_ && lobby_->find(message.to));
  return is_for_server ? Decision::allow() : Decision::refuse("Players may send only to the server.");
}
