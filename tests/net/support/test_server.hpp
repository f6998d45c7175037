#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "signaling/core/router.hpp"
#include "signaling/net/server.hpp"

namespace signaling::net::testing {

/// A server on threads of its own, on a free port of the loopback.
class TestServer {
 public:
  using Setup = std::function<void(Server&)>;

  explicit TestServer(const Setup& setup = {}, ServerOptions options = {}, std::size_t threads = 1,
                      RouterOptions router_options = {})
      : router_(std::move(router_options)), contexts_(threads) {
    for (auto& context : contexts_) options.executors.push_back(context.get_executor());
    server_ = std::make_unique<Server>(router_, std::move(options));
    if (setup) setup(*server_);
    endpoint_ = server_->listen("127.0.0.1", 0).value();
    for (auto& context : contexts_) threads_.emplace_back([&context] { context.run(); });
  }

  ~TestServer() {
    server_->async_stop(std::chrono::milliseconds(0));
    join();
    server_.reset();
  }

  /// Waits until all executors have run out of work.
  void join() {
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  Server& server() noexcept { return *server_; }
  Router& router() noexcept { return router_; }
  const boost::asio::ip::tcp::endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  Router router_;
  std::list<boost::asio::io_context> contexts_;
  std::unique_ptr<Server> server_;
  boost::asio::ip::tcp::endpoint endpoint_;
  std::vector<std::thread> threads_;
};

/// A folder that is gone at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "signaling-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    path_ = std::filesystem::canonical(name);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path write(const std::filesystem::path& name, std::string_view content) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace signaling::net::testing
