#include "webrtc/program.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>
#include <limits>
#include <utility>

namespace webrtc {

namespace net = signaling::net;

namespace {

void parse_address(const std::string& text, ProgramOptions& options) {
  const auto colon = text.rfind(':');
  unsigned port = 0;
  const char* end = text.data() + text.size();
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size() ||
      std::from_chars(text.data() + colon + 1, end, port).ptr != end ||
      port > std::numeric_limits<std::uint16_t>::max()) {
    throw CLI::ValidationError("'" + text + "' is not ADDRESS:PORT");
  }
  options.address = text.substr(0, colon);
  if (options.address.starts_with('[') && options.address.ends_with(']')) {
    options.address = options.address.substr(1, options.address.size() - 2);
  }
  options.port = static_cast<std::uint16_t>(port);
}

std::filesystem::path example_file(const std::filesystem::path& path) {
  return std::filesystem::path(EXAMPLES_FOLDER) / path;
}

net::HttpHandler script(const std::filesystem::path& path) {
  return [path](const net::HttpRequest&, const net::HttpResponder& responder) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return responder.send(net::HttpResponse::text(404, "not found\n"));
    net::HttpResponse response;
    response.headers = {{"Content-Type", "text/javascript; charset=utf-8"}, {"Cache-Control", "no-cache"}};
    response.body.assign(std::istreambuf_iterator<char>(file), {});
    responder.send(std::move(response));
  };
}

net::ServerOptions server_options(boost::asio::io_context& io) {
  net::ServerOptions options;
  options.executors = {io.get_executor()};
  return options;
}

}  // namespace

std::optional<int> parse_command_line(CLI::App& app, ProgramOptions& options, int argc, char** argv) {
  app.add_option_function<std::string>(
         "--listen", [&](const std::string& text) { parse_address(text, options); },
         "Address for browsers; port 0 picks a free port")
      ->type_name("ADDRESS:PORT")
      ->default_str("127.0.0.1:8080");
  app.add_option("--stun-server", options.stun_server,
                 "STUN server, if this server is behind NAT: stun://HOST:PORT");
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
}

FrontDoor::FrontDoor(boost::asio::io_context& io, signaling::Router& router,
                     const std::filesystem::path& pages,
                     const std::map<std::string, std::filesystem::path>& files)
    : server_(router, server_options(io)) {
  server_.add(signaling::protocols::Json());
  server_.serve_files(example_file(pages));
  for (const auto& [path, file] : files) server_.route("GET", path, script(example_file(file)));
}

bool FrontDoor::listen(const ProgramOptions& options) {
  const auto bound = server_.listen(options.address, options.port);
  if (bound) {
    std::cout << "listening http://" << *bound << std::endl;
  } else {
    std::cerr << bound.error() << '\n';
  }
  return static_cast<bool>(bound);
}

}  // namespace webrtc
