#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "match.hpp"

/// Where players find a match: the room "lobby", in which everybody is told what is played, and all matches.
class Lobby {
 public:
  static constexpr std::string_view room = "lobby";

  explicit Lobby(MatchContext context);
  Lobby(const Lobby&) = delete;
  Lobby& operator=(const Lobby&) = delete;

  /// Null if there is none.
  Match* find(std::string_view match_room);
  /// One tick of all matches.
  void tick(GameTime now);

 private:
  void on_event(const signaling::Event& event);
  void create(std::string_view creator, std::string_view payload);
  Match& add(MatchOptions options);
  std::string list() const;
  void tell(std::string_view peer, std::string_view event, std::string_view payload);

  MatchContext context_;
  std::map<std::string, std::unique_ptr<Match>, std::less<>> matches_;  // by room
  std::string told_;  // the list as everybody in the lobby knows it
  GameTime now_{};
  signaling::LocalPeer host_;
};
