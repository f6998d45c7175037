// A host with a wire language of its own, on the path /hall, beside the native protocol on /signaling. Clients of the two meet
// in the same rooms and call each other.
//
//   custom_protocol --listen 127.0.0.1:8080
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "hall_protocol.hpp"
#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/protocols/json.hpp"

namespace {

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

std::optional<Address> parse_arguments(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "--listen") return std::nullopt;
  const std::string_view text = argv[2];
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Address address{std::string(text.substr(0, colon)), 0};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (error != std::errc() || rest != end) return std::nullopt;
  return address;
}

int serve(const Address& address) {
  boost::asio::io_context io(1);
  signaling::Router router;
  signaling::net::ServerOptions options;
  options.executors = {io.get_executor()};
  signaling::net::Server server(router, options);

  server.add(hall::Factory());
  server.add(signaling::protocols::Json());

  const auto bound = server.listen(address.host, address.port);
  if (!bound) {
    std::cerr << bound.error() << '\n';
    return 1;
  }
  std::cout << "listening http://" << *bound << std::endl;
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](auto, int) { server.async_stop(std::chrono::seconds(1)); });
  io.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto address = parse_arguments(argc, argv);
  if (!address) {
    std::cerr << "usage: custom_protocol --listen ADDRESS:PORT\n";
    return 2;
  }
  return serve(*address);
}
