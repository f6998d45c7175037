#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "participant.hpp"
#include "signaling/core/router.hpp"

/// What every room needs of the program.
struct MediaContext {
  signaling::Router& router;
  boost::asio::any_io_executor executor;
  std::string stun_server;
};

/// One room: the server is a peer in it, to which each browser sends its camera once, and from which it gets those of all
/// others.
///
/// Threads: one, that of the executor.
class MediaRoom {
 public:
  MediaRoom(MediaContext context, std::string room);
  MediaRoom(const MediaRoom&) = delete;
  MediaRoom& operator=(const MediaRoom&) = delete;

  /// The id of the server's peer in a room. Clients do not choose their ids, so it is nobody else's.
  static std::string host_of(std::string_view room);

  /// Nobody but the server is in it.
  bool is_empty() const;

 private:
  void on_event(const signaling::Event& event);
  void on_event(const signaling::event::Message& sent);
  void on_newcomer(const signaling::event::PeerJoined& joined);
  void on_client_event(const std::string& peer, const signaling::Message& message);
  void add(const std::string& peer, Part part);
  void add_client(const std::string& peer, const signaling::Message& offer);
  void lost(const std::string& peer);
  void choose_for_players();
  void reject(const std::string& peer, unsigned status, std::string_view why);
  void remove(const std::string& peer);
  void send(signaling::MessageType type, const std::string& peer, const std::string& payload);

  MediaContext context_;
  std::string room_;
  std::map<std::string, std::unique_ptr<Participant>, std::less<>> participants_;  // by peer id
  std::map<std::string, Part, std::less<>>
      clients_;  // of WHIP and WHEP, by peer id, before and after their offer
  signaling::LocalPeer host_;
};
