#include "net/listener.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "net/server_context.hpp"
#include "net/support/client.hpp"
#include "net/support/test_server.hpp"
#include "net/worker.hpp"

using namespace signaling;
using namespace signaling::net;
using namespace signaling::net::testing;
using namespace std::chrono_literals;

TEST_CASE("listener: a socket that the kernel refuses to watch is tried again, and then accepts") {
  boost::asio::io_context context(1);
  Router router;
  const auto shared =
      std::make_shared<ServerContext>(router, ServerOptions{.executors = {context.get_executor()}});
  const auto worker = std::make_shared<Worker>(context.get_executor(), shared);
  worker->poller().start();
  BoundSocket bound = bind_socket("127.0.0.1", 0).value();
  const auto endpoint = bound.endpoint;
  // A regular file in the place of the socket: epoll does not take it (EPERM).
  const UniqueFd socket(::fcntl(bound.fd.get(), F_DUPFD_CLOEXEC, 0));
  const TemporaryFolder folder;
  const UniqueFd file(::open(folder.write("file", "x").c_str(), O_RDONLY));
  const int number = bound.fd.get();
  REQUIRE(::dup2(file.get(), number) == number);
  worker->add(
      std::make_unique<Listener>(std::move(bound), nullptr, std::vector<std::weak_ptr<Worker>>{worker}));
  CHECK(shared->counters.accept_pauses == 1);
  REQUIRE(::dup2(socket.get(), number) == number);

  const Client client(endpoint);
  const auto give_up = std::chrono::steady_clock::now() + 10s;
  while (shared->counters.accepted == 0 && std::chrono::steady_clock::now() < give_up)
    context.run_one_for(100ms);
  CHECK(shared->counters.accepted == 1);
  worker->drop_all();
  context.run();
}
