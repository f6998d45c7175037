#include "loop.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

#include "client.hpp"

namespace bench {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

void control(int epoll, int operation, int fd, Client& client, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &client;
  if (::epoll_ctl(epoll, operation, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

}  // namespace

std::uint64_t now_ns() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * second + static_cast<std::uint64_t>(time.tv_nsec);
}

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

Loop::~Loop() { ::close(epoll_); }

void Loop::watch(int fd, Client& client, std::uint32_t events) {
  control(epoll_, EPOLL_CTL_ADD, fd, client, events);
}

void Loop::change(int fd, Client& client, std::uint32_t events) {
  control(epoll_, EPOLL_CTL_MOD, fd, client, events);
}

void Loop::forget(const Client& client) { std::erase(dirty_, &client); }

bool Loop::run_while(const std::function<bool()>& more, std::uint64_t deadline) {
  while (more()) {
    if (now_ns() >= deadline) return false;
    tick(deadline);
  }
  return true;
}

void Loop::run_until(std::uint64_t deadline) {
  run_while([] { return true; }, deadline);
}

void Loop::tick(std::uint64_t deadline) {
  // What was sent between two ticks has to leave before this one waits for the answer.
  for (Client* const client : std::exchange(dirty_, {})) client->flush();

  std::array<epoll_event, 512> events;
  const std::uint64_t until = wake_at_ == 0 ? deadline : std::min(deadline, wake_at_);
  const std::uint64_t now = now_ns();
  const std::uint64_t wait = until > now ? std::min(until - now, second / 20) : 0;
  const timespec timeout{.tv_sec = 0, .tv_nsec = static_cast<long>(wait)};
  const int count = ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    static_cast<Client*>(event.data.ptr)->on_events(event.events);
  }
  for (const auto& action : std::exchange(deferred_, {})) action();
}

}  // namespace bench
