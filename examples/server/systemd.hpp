#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Tells the service manager, if there is one, what becomes of this program: `READY=1`, and so on (sd_notify(3)).
/// Several lines may be given at once. Failures are none of the program's business.
void notify_manager(std::string_view state);

/// What a manager that knows Type=notify-reload wants to hear at the beginning of a reload.
std::string reloading_state();

/// A socket that the manager has opened for this program (sd_listen_fds(3)).
struct InheritedSocket {
  int descriptor;
  /// FileDescriptorName= of the socket unit.
  std::string name;

  bool is_tls() const noexcept { return name == "tls" || name == "https"; }
};

/// All of them, the first time; later none.
std::vector<InheritedSocket> take_inherited_sockets();
