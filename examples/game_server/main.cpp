// An authoritative game server. It has one thread and its own loop, from which it polls the library: see `Program::run`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <thread>

#include "lobby.hpp"
#include "policy.hpp"
#include "signaling/core/router.hpp"
#include "webrtc/connection.hpp"
#include "webrtc/program.hpp"

namespace {

class Program {
 public:
  Program(webrtc::ProgramOptions options, std::chrono::seconds come_back_within)
      : options_(std::move(options)),
        policy_(std::make_shared<GamePolicy>()),
        router_(router_options(policy_, come_back_within)),
        lobby_(std::make_unique<Lobby>(MatchContext{router_, io_.get_executor(), options_.stun_server})),
        door_(io_, router_, "game_server/web",
              {{"/signaling.js", "web/signaling.js"},
               {"/session.js", "web/session.js"},
               {"/server-link.js", "webrtc/web/server-link.js"}}) {
    policy_->serve(lobby_.get());
  }

  ~Program() { policy_->serve(nullptr); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  int run() {
    if (!door_.listen(options_)) return 1;
    signals_.async_wait([this](auto error, int /*signal*/) {
      if (!error) drain();
    });
    using Clock = std::chrono::steady_clock;
    constexpr auto tick = std::chrono::nanoseconds(std::chrono::seconds(1)) / Arena::ticks_per_second;
    for (auto next = Clock::now(); !has_stopped_; std::this_thread::sleep_until(next += tick)) {
      io_.poll();  // whatever has come in: joins, offers and answers, what players do
      lobby_->tick(Clock::now());
      // After a long pause, such as the machine's sleep, the game goes on and does not catch up.
      next = std::max(next, Clock::now() - std::chrono::seconds(1));
    }
    return 0;
  }

 private:
  static signaling::RouterOptions router_options(std::shared_ptr<signaling::Policy> policy,
                                                 std::chrono::seconds come_back_within) {
    signaling::RouterOptions options;
    options.limits.max_resume = come_back_within;
    options.policy = std::move(policy);
    return options;
  }

  void drain() {
    router_.shut_down(std::chrono::seconds(1));
    door_.server().async_stop(std::chrono::seconds(2), [this] { has_stopped_ = true; });
  }

  boost::asio::io_context io_{1};
  webrtc::Library gstreamer_;
  webrtc::ProgramOptions options_;
  bool has_stopped_ = false;
  std::shared_ptr<GamePolicy> policy_;
  signaling::Router router_;
  std::unique_ptr<Lobby> lobby_;
  webrtc::FrontDoor door_;
  boost::asio::signal_set signals_{io_, SIGINT, SIGTERM};
};

}  // namespace

int main(int argc, char** argv) {
  try {
    CLI::App app("An authoritative game server: matches as rooms, the game's state over WebRTC.",
                 "game_server");
    webrtc::ProgramOptions options;
    unsigned come_back_seconds = 20;
    app.add_option("--come-back-seconds", come_back_seconds,
                   "Seconds for which a player may be without a connection and keeps the seat")
        ->capture_default_str()
        ->check(CLI::Range(1, 3'600));
    if (const auto code = webrtc::parse_command_line(app, options, argc, argv)) return *code;
    return Program(std::move(options), std::chrono::seconds(come_back_seconds)).run();
  } catch (const std::exception& error) {
    std::cerr << "game_server: " << error.what() << '\n';
    return 1;
  }
}
