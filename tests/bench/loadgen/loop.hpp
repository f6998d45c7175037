#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace bench {

class Client;

/// Nanoseconds of the monotonic clock.
std::uint64_t now_ns();

/// One thread's epoll set. What clients send during a tick leaves at its end, in one system call for each.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void watch(int fd, Client& client, std::uint32_t events);
  void change(int fd, Client& client, std::uint32_t events);
  /// To be flushed at the end of this tick.
  void has_output(Client& client) { dirty_.push_back(&client); }
  /// Runs at the end of this tick, when no event of it is left that may name a closed client.
  void defer(std::function<void()> action) { deferred_.push_back(std::move(action)); }
  /// A client that is destroyed must not be flushed.
  void forget(const Client& client);

  /// Ticks while `more` says so; false: until the deadline it did not stop.
  bool run_while(const std::function<bool()>& more, std::uint64_t deadline);
  void run_until(std::uint64_t deadline);
  /// Waits no longer than until then in the next ticks; 0: as long as it takes.
  void wake_at(std::uint64_t time) { wake_at_ = time; }

 private:
  void tick(std::uint64_t deadline);

  int epoll_;
  std::uint64_t wake_at_ = 0;
  std::vector<Client*> dirty_;
  std::vector<std::function<void()>> deferred_;
};

}  // namespace bench
