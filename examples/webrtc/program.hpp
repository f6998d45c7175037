#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/protocols/json.hpp"

namespace CLI {
class App;
}

namespace webrtc {

/// What both example servers are told on the command line.
struct ProgramOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  /// "stun://host:port": how this server learns its public address, if it is behind NAT. Empty: it is not.
  std::string stun_server;
};

/// Adds the options above and parses. What it returns is the exit code, if the program is to end with it.
std::optional<int> parse_command_line(CLI::App& app, ProgramOptions& options, int argc, char** argv);

/// A router's door to browsers: `signaling.v1` at /signaling, and the program's page.
class FrontDoor {
 public:
  /// `pages`: the folder of the page, below examples/. `files`: what else the page loads, by path; also below examples/.
  FrontDoor(boost::asio::io_context& io, signaling::Router& router, const std::filesystem::path& pages,
            const std::map<std::string, std::filesystem::path>& files);

  /// For routes of the program's own, set before `listen`, and to stop it.
  signaling::net::Server& server() { return server_; }

  /// Prints "listening http://…", or what is wrong.
  bool listen(const ProgramOptions& options);

 private:
  signaling::net::Server server_;
};

}  // namespace webrtc
