#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "signaling/core/router.hpp"
#include "support/text_protocol.hpp"

namespace signaling::testing {

/// A client that says lines and remembers the lines it gets. Its transport writes at once, or not at all while stuck.
class ScriptClient final : public Transport {
 public:
  ScriptClient(Router& router, boost::asio::any_io_executor executor, const ConnectInfo& info = {},
               std::unique_ptr<Protocol> protocol = std::make_unique<TextProtocol>())
      : executor_(std::move(executor)), link_(router.connect(*this, std::move(protocol), info)) {}
  ScriptClient(const ScriptClient&) = delete;
  ScriptClient& operator=(const ScriptClient&) = delete;
  ~ScriptClient() override { cut(CloseReason::lost); }

  void say(std::string_view line) { link_.receive({MessageKind::text, line}); }
  void cut(CloseReason reason) {
    (void)find_peer();
    link_.disconnect(reason);
  }
  /// The lines that came since the last call.
  std::vector<std::string> heard() { return std::exchange(lines_, {}); }

  /// Not before it is admitted.
  Peer& peer() { return *find_peer(); }
  std::string id() { return find_peer() ? peer().id() : std::string(); }
  const std::optional<CloseReason>& closed() const { return closed_; }
  /// The code and the reason that its protocol told it at the end.
  const std::pair<std::uint16_t, std::string>& closed_with() const { return closed_with_; }
  /// Batches of frames that were written.
  std::size_t writes() const { return writes_; }
  const std::vector<Frame>& frames() const { return frames_; }
  void stick() { stuck_ = true; }
  /// What was written until now has left.
  void catch_up() { link_.written(std::exchange(stuck_bytes_, 0)); }
  /// So much of it has.
  void read(std::size_t bytes) {
    bytes = std::min(bytes, stuck_bytes_);
    stuck_bytes_ -= bytes;
    link_.written(bytes);
  }
  /// Whether the router wants more messages.
  bool is_read() const { return is_read_; }

  boost::asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const Frame> frames) override {
    ++writes_;
    for (const Frame& frame : frames) {
      lines_.emplace_back(frame.text_view());
      frames_.push_back(frame);
      stuck_bytes_ += frame.size();
      if (!stuck_) catch_up();
    }
  }
  void set_reading(bool reading) override { is_read_ = reading; }
  void close_with(CloseReason reason, const CloseStatus& status) override {
    closed_with_ = {status.code, std::string(status.reason)};
    close(reason);
  }
  void close(CloseReason reason) override {
    closed_ = reason;
    cut(reason);
  }

 private:
  const std::shared_ptr<Peer>& find_peer() {
    if (!peer_) peer_ = link_.peer();
    return peer_;
  }

  boost::asio::any_io_executor executor_;
  std::vector<std::string> lines_;
  std::vector<Frame> frames_;
  std::size_t writes_ = 0;
  std::optional<CloseReason> closed_;
  std::pair<std::uint16_t, std::string> closed_with_{};
  bool stuck_ = false;
  bool is_read_ = true;
  std::size_t stuck_bytes_ = 0;
  std::shared_ptr<Peer> peer_;  // also after the end
  Link link_;
};

}  // namespace signaling::testing
