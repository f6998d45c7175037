// A host that links operation: its log, its metrics and its administrators' routes, on a free port.
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <signaling/core/router.hpp>
#include <signaling/net/server.hpp>
#include <signaling/operation/admin_routes.hpp>
#include <signaling/operation/heap_trimmer.hpp>
#include <signaling/operation/log_writer.hpp>
#include <signaling/operation/process_metrics.hpp>
#include <signaling/operation/systemd.hpp>
#include <string>

namespace asio = boost::asio;
namespace operation = signaling::operation;

std::string ask_for_metrics(const asio::ip::tcp::endpoint& endpoint, asio::io_context& io) {
  const std::string request =
      "GET /metrics HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer a token of many bytes\r\n"
      "Connection: close\r\n\r\n";
  std::string answer;
  asio::ip::tcp::socket socket(io);
  socket.connect(endpoint);
  asio::write(socket, asio::buffer(request));
  asio::async_read(socket, asio::dynamic_buffer(answer),
                   [&](boost::system::error_code, std::size_t) { io.stop(); });
  io.restart();
  io.run();
  return answer;
}

int main() {
  asio::io_context io(1);
  signaling::Router router;
  const auto log = std::make_shared<operation::LogWriter>();
  operation::HeapTrimmer trimmer(io.get_executor());
  operation::Watchdog watchdog({io.get_executor()});
  trimmer.start();
  watchdog.start();

  signaling::net::ServerOptions options;
  options.executors = {io.get_executor()};
  options.log = log;
  signaling::net::Server server(router, options);
  operation::AdminOptions admin;
  admin.token = "a token of many bytes";
  admin.metrics = {operation::build_metrics, operation::process_metrics,
                   [&] { return operation::metrics_of(router); },
                   [&] { return operation::metrics_of(*log); }};
  admin.log = log;
  const operation::AdminRoutes routes(router, std::move(admin));
  routes.mount(server);
  const auto listener = server.listen("127.0.0.1", 0);
  if (!listener) return 1;
  operation::notify_manager("READY=1");
  const std::string page = ask_for_metrics(*listener, io);
  return page.find("signaling_log_dropped_total 0") != std::string::npos ? 0 : 1;
}
