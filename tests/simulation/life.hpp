#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "signaling/core/transport.hpp"
#include "simulation/process.hpp"

namespace signaling::simulation {

/// One connection of a client to one process, as the client sees it.
class Life final : public Transport, public std::enable_shared_from_this<Life> {
 public:
  struct Hooks {
    std::function<void(std::uint32_t life, std::string_view line)> heard;
    std::function<void(std::uint32_t life, CloseReason reason)> closed;
  };
  Life(std::uint32_t number, Process& process, Hooks hooks)
      : number_(number), process_(&process), executor_(process.executor()), hooks_(std::move(hooks)) {}

  std::uint32_t number() const noexcept { return number_; }
  bool is_over() const noexcept { return is_over_; }
  bool is_on(const Process& process) const noexcept { return process_ == &process; }

  void connect(std::string id, std::string secret);
  void say(std::string line);
  /// Reads nothing any more.
  void stick() noexcept { is_stuck_ = true; }
  /// The client has gone. The process hears of it after a while: for `no_delay`, at once.
  void cut(Scheduler& scheduler, milliseconds delay);
  /// The process ends, or has died: nothing is left of it.
  void process_gone();
  std::size_t outbound_bytes() const {
    const auto peer = link_.peer();
    return peer ? peer->outbound_bytes() : 0;
  }

  boost::asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const Frame> frames) override;
  void close(CloseReason reason) override;

 private:
  void tell_disconnected(CloseReason reason);

  const std::uint32_t number_;
  Process* process_;  // null: no more
  const boost::asio::any_io_executor executor_;
  const Hooks hooks_;
  Link link_;
  bool is_over_ = false;  // for the client
  bool is_stuck_ = false;
};

}  // namespace signaling::simulation
