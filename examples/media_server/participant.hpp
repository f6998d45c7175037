#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "outlet.hpp"
#include "track.hpp"
#include "webrtc/connection.hpp"

/// What a participant does.
enum class Part : std::uint8_t {
  call,     ///< publishes, and receives all others: a browser
  publish,  ///< only publishes, by an offer of its own: a client of WHIP
  play,     ///< only receives, one at a time, by an offer of its own: a client of WHEP
};

/// One browser or other client in a room: what it publishes, and what it receives of the others, over one connection.
///
/// Threads: one, that of the executor.
class Participant {
 public:
  Participant(Part part, boost::asio::any_io_executor executor, const std::string& stun_server,
              webrtc::Connection::Handlers handlers);
  ~Participant();
  Participant(const Participant&) = delete;
  Participant& operator=(const Participant&) = delete;

  Part part() const noexcept { return part_; }
  bool publishes() const noexcept { return part_ != Part::play; }
  /// Whom it receives; for a client of WHEP.
  const std::string& played() const noexcept { return played_; }
  /// From now on a client of WHEP receives this publisher.
  void play(const std::string& name, const Participant& publisher);

  /// From the next negotiation on this browser receives what `publisher` publishes, as a stream called `name`.
  void receive_from(const std::string& name, const Participant& publisher);
  void stop_receiving_from(const std::string& name);
  /// Offers what has changed.
  void negotiate() { connection_.negotiate(); }

  webrtc::Connection& connection() { return connection_; }

 private:
  using Tracks = std::array<std::shared_ptr<Track>, 2>;  // by Media

  /// A place in the connection for the two tracks of one publisher. It stays when the publisher goes, for the next one:
  /// the description of a connection never gets shorter (RFC 8829 5.2.2).
  struct Seat {
    std::string name;  // of the publisher's stream; empty: free
    Tracks tracks;
    std::array<std::shared_ptr<Outlet>, 2> outlets;
    bool is_connected = false;

    void request_keyframe() const;
  };

  webrtc::Connection::Handlers with_seats(webrtc::Connection::Handlers handlers);
  void accept_media();
  Seat& free_seat();
  void connect_seats();
  static void disconnect(Seat& seat);

  const Part part_;
  std::string played_;
  bool is_negotiated_ = false;
  webrtc::Connection connection_;
  Tracks published_;
  std::vector<std::shared_ptr<Seat>> seats_;
};
