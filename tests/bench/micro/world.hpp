#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "signaling/core/router.hpp"
#include "signaling/protocols/json.hpp"

namespace bench {

/// A client without a socket: what is written to it is counted, and gone at once.
class Pipe final : public signaling::Transport {
 public:
  Pipe(signaling::Router& router, boost::asio::io_context& io, std::unique_ptr<signaling::Protocol> protocol,
       const signaling::ConnectInfo& info = {})
      : io_(io), link_(router.connect(*this, std::move(protocol), info)) {}
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void say(std::string_view message) { link_.receive({signaling::MessageKind::text, message}); }
  std::string id() const { return link_.peer()->id(); }
  std::size_t heard() const { return heard_; }
  /// As clients with sessions do: tells of every 32 messages that they have come.
  void confirm() {
    if (counted_ - confirmed_ < 32) return;
    confirmed_ = counted_;
    say(R"({"type":"ack","received":)" + std::to_string(counted_) + "}");
  }
  std::string_view last() const { return last_.text_view(); }

  boost::asio::any_io_executor executor() override { return io_.get_executor(); }
  void write(std::span<const signaling::Frame> frames) override {
    std::size_t bytes = 0;
    for (const signaling::Frame& frame : frames) {
      bytes += frame.size();
      counted_ += frame.use() == signaling::FrameUse::link ? 0 : 1;
    }
    heard_ += frames.size();
    last_ = frames.back();
    link_.written(bytes);
  }
  void close(signaling::CloseReason) override {}

 private:
  boost::asio::io_context& io_;
  std::size_t heard_ = 0;
  std::size_t counted_ = 0;
  std::size_t confirmed_ = 0;  // of these
  signaling::Frame last_;
  signaling::Link link_;
};

inline signaling::RouterOptions unlimited() {
  signaling::RouterOptions options;
  options.limits.messages_per_second = 0;
  options.limits.bytes_per_second = 0;
  options.limits.caused_bytes_per_second = 0;
  options.limits.joins_per_second = 0;
  options.limits.max_peers_per_room = 0;
  options.limits.max_rooms_per_peer = 0;
  options.limits.max_outbound_bytes = 0;
  return options;
}

/// A router and its one thread.
struct World {
  boost::asio::io_context io{1};
  signaling::Router router{unlimited()};
  signaling::protocols::Json json;

  /// `keep`: as ConnectInfo::keep.
  std::unique_ptr<Pipe> join(std::string_view room, std::string_view keep = {}) {
    signaling::ConnectInfo info;
    info.keep = keep;
    auto pipe = std::make_unique<Pipe>(router, io, json.make(), info);
    pipe->say(R"({"type":"join","room":")" + std::string(room) + "\"}");
    run();
    return pipe;
  }
  /// Everything that is ready happens.
  void run() {
    io.restart();
    io.poll();
  }
  /// Calls `step` until it returns false, each time as a handler of the thread: what it caused is done before the next.
  template <class Step>
  void repeat(Step step) {
    boost::asio::post(io, Repeat<Step>{*this, step});
    run();
  }

 private:
  template <class Step>
  struct Repeat {
    World& world;
    Step& step;
    void operator()() const {
      if (step()) boost::asio::post(world.io, *this);
    }
  };
};

/// A message of `bytes` in all, to one peer or to a room.
inline std::string message(std::string_view addressee, std::string_view id, std::size_t bytes) {
  std::string text =
      R"({"type":"message",")" + std::string(addressee) + "\":\"" + std::string(id) + R"(","data":")";
  if (text.size() + 2 < bytes) text.append(bytes - 2 - text.size(), 'x');
  return text + "\"}";
}

}  // namespace bench
