#include "systemd.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

constexpr int first_inherited = 3;
constexpr int most_inherited = 64;

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : std::string_view();
}

// -1: there is no such number.
long environment_number(const char* name) {
  const std::string_view text = environment(name);
  long number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : -1;
}

}  // namespace

void notify_manager(std::string_view state) {
  const std::string_view path = environment("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path.empty() || (path.front() != '/' && path.front() != '@') || path.size() >= sizeof address.sun_path)
    return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';  // a name that no file system has (unix(7))
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&address),
           size);
  ::close(fd);
}

std::string reloading_state() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const long long microseconds = now.tv_sec * 1'000'000LL + now.tv_nsec / 1'000;
  return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds);
}

std::vector<InheritedSocket> take_inherited_sockets() {
  const long count = environment_number("LISTEN_FDS");
  const bool is_ours = environment_number("LISTEN_PID") == ::getpid();
  std::string_view names = environment("LISTEN_FDNAMES");
  std::vector<InheritedSocket> sockets;
  for (int i = 0; is_ours && i < count && i < most_inherited; ++i) {
    const std::string_view name = names.substr(0, names.find(':'));
    sockets.push_back({first_inherited + i, std::string(name)});
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
  for (const char* name : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) ::unsetenv(name);
  return sockets;
}
