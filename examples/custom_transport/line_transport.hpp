#pragma once

#include <boost/asio.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "signaling/core/router.hpp"

/// One client: lines in, lines out. The pending read and write keep it alive; the router
/// never touches it after the end of its link.
class LineTransport final : public signaling::Transport, public std::enable_shared_from_this<LineTransport> {
 public:
  explicit LineTransport(boost::asio::local::stream_protocol::socket socket) : socket_(std::move(socket)) {}

  void start(signaling::Router& router, std::unique_ptr<signaling::Protocol> protocol) {
    max_line_ = router.limits().max_message_bytes;
    link_ = router.connect(*this, std::move(protocol), {});
    read();
  }

  boost::asio::any_io_executor executor() override { return socket_.get_executor(); }

  void write(std::span<const signaling::Frame> frames) override {
    const bool idle = frames_.empty();
    frames_.insert(frames_.end(), frames.begin(), frames.end());
    if (idle) write_all();
  }

  void set_reading(bool reading) override {
    reading_ = reading;
    if (reading && !is_read_pending_ && link_) read();
  }

  void close(signaling::CloseReason reason) override {
    closing_ = reason;
    if (frames_.empty()) end(reason);  // else when the last frame has left
  }

 private:
  void read() {
    is_read_pending_ = true;
    boost::asio::async_read_until(
        socket_, boost::asio::dynamic_buffer(input_, max_line_), '\n',
        [self = shared_from_this()](boost::system::error_code error, std::size_t size) {
          if (error) return self->end(signaling::CloseReason::lost);
          if (!self->link_) return;  // it was on its way when the connection ended
          self->link_.receive(
              {signaling::MessageKind::text, std::string_view(self->input_).substr(0, size - 1)});
          self->input_.erase(0, size);
          self->is_read_pending_ = false;
          if (self->reading_ && self->link_) self->read();
        });
  }

  // Everything that waits leaves in one call, each frame followed by the end of its line.
  void write_all() {
    static constexpr char newline = '\n';
    std::vector<boost::asio::const_buffer> buffers;
    std::size_t bytes = 0;
    for (const auto& frame : frames_) {
      bytes += frame.size();
      buffers.emplace_back(frame.message().data(), frame.size());
      buffers.emplace_back(&newline, 1);
    }
    boost::asio::async_write(socket_, buffers,
                             [self = shared_from_this(), count = frames_.size(), bytes](
                                 boost::system::error_code error, std::size_t /*written*/) {
                               if (error) return self->end(signaling::CloseReason::lost);
                               if (!self->link_) return;
                               self->frames_.erase(
                                   self->frames_.begin(),
                                   self->frames_.begin() + static_cast<std::ptrdiff_t>(count));
                               self->link_.written(bytes);
                               if (!self->frames_.empty()) return self->write_all();
                               if (self->closing_) self->end(*self->closing_);
                             });
  }

  void end(signaling::CloseReason reason) {
    boost::system::error_code ignored;
    socket_.close(ignored);
    link_.disconnect(reason);
  }

  boost::asio::local::stream_protocol::socket socket_;
  std::size_t max_line_ = 0;
  bool reading_ = true;
  bool is_read_pending_ = false;
  std::string input_;
  std::deque<signaling::Frame> frames_;
  std::optional<signaling::CloseReason> closing_;
  signaling::Link link_;
};
