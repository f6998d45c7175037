#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/text/export.hpp"

namespace signaling::operation {

// The protocol between a program and its service manager, such as systemd, without libsystemd. All functions read the
// environment: no other thread may change it meanwhile.

/// Notifies the service manager of the state of this program (sd_notify(3)): `READY=1` when it serves, `STOPPING=1`
/// when it stops, `STATUS=…`. `state` may have several lines. Never blocks.
///
/// True: the manager has been notified. False: there is none (NOTIFY_SOCKET is not set), or it cannot be reached.
SIGNALING_API bool notify_manager(std::string_view state);

/// The notification of a Type=notify-reload service at the beginning of a reload; at its end, send `READY=1`.
SIGNALING_API std::string reloading_state();

/// A socket that the manager has opened for this program (sd_listen_fds(3)).
struct SIGNALING_API InheritedSocket {
  int descriptor = -1;  ///< listens; pass it to net::Server::listen_on, which then owns it
  std::string name;     ///< FileDescriptorName= of the socket unit
};

/// Returns all of them on the first call, and none later; child processes find none either. Call it before other
/// threads start: it changes the environment.
SIGNALING_API std::vector<InheritedSocket> take_inherited_sockets();

/// Notifies the service manager that the program still works, if the unit has WatchdogSec= (sd_watchdog_enabled(3)):
/// twice in that time, but only while every executor still runs posted functions. Without notifications, the manager
/// restarts the program.
///
/// Ownership: the contexts of the executors must outlive it.
/// Threads: `start`, `stop` and the destructor on the first executor, or while that does not run.
class SIGNALING_API Watchdog {
 public:
  /// `executors`: as net::ServerOptions::executors. Throws std::invalid_argument if it is empty.
  explicit Watchdog(std::vector<boost::asio::any_io_executor> executors);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  /// Like `stop`.
  ~Watchdog();

  /// Keeps work on the first executor until `stop`. False: the manager does not request notifications, and nothing
  /// happens.
  bool start();
  /// The manager still expects notifications: call this when the program is about to end.
  void stop() noexcept;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace signaling::operation
