// A media server: each browser sends its camera and microphone to it once, and receives those of the others from it.
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include "operator.hpp"
#include "rooms.hpp"
#include "signaling/core/router.hpp"
#include "webrtc/connection.hpp"
#include "webrtc/program.hpp"

namespace {

constexpr auto sweep_interval = std::chrono::seconds(10);

class Program {
 public:
  Program(webrtc::ProgramOptions options, std::size_t capacity, const std::string& operator_token)
      : options_(std::move(options)),
        rooms_(std::make_shared<Rooms>(capacity)),
        router_(router_options(rooms_)),
        // The page is the one of a call without a media server; one of its files is another here.
        door_(io_, router_, "web",
              {{"/call.js", "media_server/web/call.js"}, {"/server-link.js", "webrtc/web/server-link.js"}}) {
    rooms_->serve({router_, io_.get_executor(), options_.stun_server});
    add_whip();
    if (operator_token.empty()) return;
    add_operator_routes(door_.server(), router_, operator_token, [this] { return rooms_->names(); });
  }

  ~Program() { rooms_->close(); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  int run() {
    if (!door_.listen(options_)) return 1;
    signals_.async_wait([this](auto error, int /*signal*/) {
      if (!error) drain();
    });
    sweep();
    io_.run();
    return 0;
  }

 private:
  static signaling::RouterOptions router_options(std::shared_ptr<signaling::Policy> policy) {
    signaling::RouterOptions options;
    options.policy = std::move(policy);
    return options;
  }

  // Its peers in the rooms, of which each room has one, answer these clients.
  void add_whip() {
    signaling::net::WhipRoute route;
    door_.server().whip("/whip", route);
    route.options.kind = signaling::protocols::WhipKind::play;
    door_.server().whip("/whep", std::move(route));
  }

  void sweep() {
    sweep_timer_.expires_after(sweep_interval);
    sweep_timer_.async_wait([this](auto error) {
      if (error) return;
      rooms_->sweep();
      sweep();
    });
  }

  void drain() {
    router_.shut_down(std::chrono::seconds(1));
    door_.server().async_stop(std::chrono::seconds(2), [this] { io_.stop(); });
  }

  boost::asio::io_context io_{1};
  webrtc::Library gstreamer_;
  webrtc::ProgramOptions options_;
  std::shared_ptr<Rooms> rooms_;
  signaling::Router router_;
  webrtc::FrontDoor door_;
  boost::asio::signal_set signals_{io_, SIGINT, SIGTERM};
  boost::asio::steady_timer sweep_timer_{io_};
};

}  // namespace

int main(int argc, char** argv) {
  try {
    CLI::App app("A media server: video calls through one connection per browser, without transcoding.",
                 "media_server");
    webrtc::ProgramOptions options;
    std::size_t capacity = 12;
    app.add_option("--room-capacity", capacity, "Maximum number of browsers per room")
        ->capture_default_str()
        ->check(CLI::Range(2, 100));
    std::string operator_token;
    app.add_option("--operator-token", operator_token, "Token of the operator's routes; empty: no access");
    if (const auto code = webrtc::parse_command_line(app, options, argc, argv)) return *code;
    return Program(std::move(options), capacity, operator_token).run();
  } catch (const std::exception& error) {
    std::cerr << "media_server: " << error.what() << '\n';
    return 1;
  }
}
