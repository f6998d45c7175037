#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "signaling/core/transport.hpp"
#include "simulation/model_database.hpp"
#include "simulation/process.hpp"

namespace signaling::simulation {

/// One connection of a client to one process, as the client sees it.
class Connection final : public Transport, public std::enable_shared_from_this<Connection> {
 public:
  struct Hooks {
    std::function<void(std::string_view line)> heard;
    /// By the process. Not called when the client was first.
    std::function<void(CloseReason reason)> closed;
    /// The process knows that it is over. The last call.
    std::function<void()> ended;
  };
  Connection(Process& process, Hooks hooks)
      : process_(&process), executor_(process.executor()), hooks_(std::move(hooks)) {}

  /// For the client.
  bool is_over() const noexcept { return is_over_; }
  bool is_on(const Process& process) const noexcept { return process_ == &process; }

  void connect(ConnectInfo info, Mutant mutant);
  void say(std::string line);
  /// Reads nothing any more.
  void stick() noexcept { is_stuck_ = true; }
  /// The client gets so many messages more, and then nothing passes in either direction; nobody is told.
  void break_behind(std::size_t messages) noexcept { messages_left_ = messages; }
  /// The client is done with it.
  void abandon() noexcept { is_over_ = true; }
  /// The process hears of the end after a while: for no delay, at once.
  void end(Scheduler& scheduler, milliseconds delay, CloseReason reason);
  /// The process ends, or has died: nothing is left of it.
  void process_gone();

  boost::asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const Frame> frames) override;
  void close(CloseReason reason) override;

 private:
  void tell_disconnected(CloseReason reason);
  bool takes_one() noexcept;

  Process* process_;  // null: no more
  const boost::asio::any_io_executor executor_;
  const Hooks hooks_;
  Link link_;
  bool is_over_ = false;
  bool is_stuck_ = false;
  bool has_ended_ = false;
  std::optional<std::size_t> messages_left_;  // nothing: it is whole
};

}  // namespace signaling::simulation
