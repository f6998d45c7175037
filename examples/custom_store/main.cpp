// A signaling server whose rooms and peer ids survive a restart: the bundled server with a store of its own.
//
//   custom_store rooms.db 8080
//   ws://127.0.0.1:8080/signaling                            a client's first connection
//   ws://127.0.0.1:8080/signaling?peer=<id>&resume=<secret>  the same client, also after a restart
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"
#include "signaling/protocols/json.hpp"
#include "sqlite_store.hpp"

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: custom_store FILE PORT\n";
    return 2;
  }
  boost::asio::io_context io(1);
  const auto store = std::make_shared<SqliteStore>(argv[1]);
  for (const auto& [room, version] : store->rooms()) std::cout << "known room at version " << version << '\n';

  signaling::RouterOptions router_options;
  router_options.store = store;
  router_options.client_ids = signaling::ClientIds::accept;  // so that a client can come back as who it was
  signaling::Router router(router_options);

  signaling::net::ServerOptions options;
  options.executors = {io.get_executor()};
  signaling::net::Server server(router, options);
  server.add(signaling::protocols::Json());
  const auto endpoint = server.listen("127.0.0.1", static_cast<std::uint16_t>(std::atoi(argv[2]))).value();
  std::cout << "listening " << endpoint << std::endl;

  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](auto, int) {
    store->freeze();  // who is connected now finds the same id, and nobody else does
    router.shut_down(std::chrono::seconds(1));
    server.async_stop(std::chrono::seconds(5));
  });
  io.run();
} catch (const std::exception& error) {
  std::cerr << "custom_store: " << error.what() << '\n';
  return 1;
}
