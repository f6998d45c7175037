#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "signaling/core/message.hpp"
#include "webrtc/gstreamer.hpp"

namespace webrtc {

/// GStreamer's beginning and end: one object in `main`, made after the io_context and before everything else here.
class Library {
 public:
  /// Throws std::runtime_error that names the plug-in that is missing.
  Library();
  /// Waits for connections that are still being closed.
  ~Library() { gst_deinit(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

enum class ConnectionState : std::uint8_t { connected, failed };

/// Who makes the offers of a connection.
enum class Role : std::uint8_t {
  offers,   ///< this side, all of them, so there is no glare to settle
  answers,  ///< the other side, one: a client of WHIP or WHEP
};

/// One WebRTC connection to one browser: a pipeline with a `webrtcbin`.
///
/// An answer leaves when all candidates have, since the client can get none later.
///
/// What it has to say to the browser comes out of `Handlers::signal`, and what the browser says goes into `receive`:
/// payloads of the messages `offer`, `answer` and `candidate`. How they travel is not its business.
/// Ownership: its end closes the connection, without waiting for that.
/// Threads: all calls and all handlers on the executor, which runs one thing at a time. GStreamer's threads stay inside.
/// Re-entrancy: no call runs a handler before it returns. A handler may destroy the connection.
class Connection {
 public:
  struct Handlers {
    /// To be sent to the browser.
    std::function<void(signaling::MessageType type, const std::string& payload)> signal;
    std::function<void(ConnectionState state)> state_changed = {};
    /// An answer has come, and nothing has changed since it was asked for, or has left: both sides know all there is.
    std::function<void()> negotiated = {};
  };

  /// `stun_server`: "stun://host:port", or empty.
  Connection(boost::asio::any_io_executor executor, const std::string& stun_server, Handlers handlers,
             Role role = Role::offers);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Offers what the connection consists of now; while an answer is awaited, afterwards. Does nothing if the other side
  /// offers.
  void negotiate();
  /// What is no JSON, belongs to an earlier connection, or is the other role's, is ignored.
  void receive(signaling::MessageType type, std::string_view payload);

  /// For those that add channels and media.
  GstElement* bin() const;
  GstElement* pipeline() const;
  const boost::asio::any_io_executor& executor() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// How GStreamer's threads hand something to an object that lives on an executor and may be gone.
template <class Object>
struct Mailbox {
  boost::asio::any_io_executor executor;
  std::weak_ptr<Object> object;

  /// Runs `work(object)` on the executor if the object still lives then.
  template <class Work>
  void post(Work work) const {
    boost::asio::post(executor, [weak = object, work = std::move(work)]() mutable {
      if (const auto alive = weak.lock()) work(*alive);
    });
  }
};

}  // namespace webrtc
