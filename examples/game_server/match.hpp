#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "arena.hpp"
#include "signaling/core/router.hpp"
#include "webrtc/connection.hpp"
#include "webrtc/data_channel.hpp"

using GameTime = std::chrono::steady_clock::time_point;

/// What every match needs of the program.
struct MatchContext {
  signaling::Router& router;
  boost::asio::any_io_executor executor;
  std::string stun_server;
};

struct MatchOptions {
  /// Whoever knows it may join.
  std::string code;
  std::string title;
  std::size_t capacity = 4;
  enum class Lifetime : std::uint8_t { until_empty, forever } lifetime = Lifetime::until_empty;
  /// Is it shown in the lobby?
  bool listed = true;
};

/// One match: a room, the game that is played in it, and the server's peer in it, which bears the room's name.
///
/// Threads: one; the handlers of its peer and of its connections run in the io_context that the game's loop polls.
class Match {
 public:
  Match(const MatchContext& context, MatchOptions options, GameTime now);
  Match(const Match&) = delete;
  Match& operator=(const Match&) = delete;

  static std::string room_of(std::string_view code);
  const MatchOptions& options() const { return options_; }

  /// May this client join? If so it has a seat from now on, until it leaves.
  signaling::Decision admit(const signaling::Peer& peer, std::string_view metadata);
  /// The join that was admitted came to nothing.
  void join_failed(const signaling::Peer& peer);
  /// One tick of the game.
  void tick(GameTime now);
  /// Nobody plays it any more.
  bool is_over() const;
  /// How the lobby shows it.
  boost::json::object summary() const;

 private:
  /// A player's place, for as long as the player's peer is in the room, with or without a connection.
  struct Seat {
    /// Who sits here, whatever the peer: a secret of the player.
    std::string player;
    std::string peer;
    std::string name;
    /// Its page cannot be reached at the moment.
    bool is_away = false;
    /// Smaller: came earlier.
    std::uint64_t order = 0;
    // The channel first at the end: it ends before its connection.
    std::unique_ptr<webrtc::Connection> connection = {};
    std::unique_ptr<webrtc::DataChannel> channel = {};
  };

  void on_event(const signaling::Event& event);
  void on_event(const signaling::event::PeerJoined& joined);
  void on_event(const signaling::event::PeerLeft& left);
  void set_away(std::string_view peer, bool is_away);
  void on_event(const signaling::event::PeerUpdated& updated);
  void on_event(const signaling::event::Message& sent);

  void connect(int number);
  void steer(int number, const std::string& text);
  void kick(std::string_view payload);
  void disconnect(int number);
  void free_seat(int number);
  void remember(int number);
  void tell_roster();
  void send(const signaling::Message& message);
  int seat_of_player(std::string_view player) const;
  int seat_of_peer(std::string_view peer) const;
  int captain() const;

  MatchContext context_;
  MatchOptions options_;
  std::string room_;
  Arena arena_;
  std::map<int, Seat> seats_;
  std::set<std::string, std::less<>> banned_;
  /// What players had who have closed or reloaded their pages, by player.
  struct Record {
    int score = 0;
    std::uint64_t order = 0;
  };
  std::map<std::string, Record, std::less<>> records_;
  std::uint64_t arrivals_ = 0;
  GameTime now_;
  GameTime empty_since_;
  signaling::LocalPeer host_;
};
