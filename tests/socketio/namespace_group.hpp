#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <map>
#include <string>
#include <utility>

#include "signaling/protocols/json.hpp"
#include "socketio/server_script.hpp"

namespace signaling::socketio::test {

/// Clients in the main namespace, and what each of them hears.
struct Group : ServerScript {
  explicit Group(std::initializer_list<std::string> names, RouterOptions options = {})
      : ServerScript({}, std::move(options)) {
    server.of("/");
    for (const std::string& name : names) clients[name] = &client(name);
  }
  Socket& socket(const std::string& name) {
    sockets[name] = server.of("/").find(name);
    REQUIRE(sockets[name]);
    return *sockets[name];
  }
  void join(const std::string& room, std::initializer_list<std::string> names) {
    for (const std::string& name : names) socket(name).join(room);
    run();
  }
  /// Those who have heard the event `hi` and nothing else, each once; `?` for those who heard anything else.
  std::string hearers() {
    run();
    std::string names;
    for (auto& [name, client] : clients) {
      const Lines lines = client->heard();
      if (lines.empty()) continue;
      names += (names.empty() ? "" : " ") + name + (lines == Lines{R"(2["hi"])"} ? "" : "?");
    }
    return names;
  }

  std::map<std::string, FakeSession*> clients;
  std::map<std::string, SocketPtr> sockets;
};

/// A client of the native protocol.
class NativeClient final : public Transport {
 public:
  NativeClient(ServerScript& script, std::string id) : executor_(script.io.get_executor()) {
    ConnectInfo info;
    info.wished_id = std::move(id);
    link_ = script.router.connect(*this, factory_.make(), info);
  }
  NativeClient(const NativeClient&) = delete;
  NativeClient& operator=(const NativeClient&) = delete;
  void say(std::string_view text) { link_.receive({MessageKind::text, text}); }
  Lines heard() { return std::exchange(lines_, {}); }

  boost::asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const Frame> frames) override {
    for (const Frame& frame : frames) lines_.emplace_back(frame.text_view());
  }
  void close(CloseReason) override {}

 private:
  protocols::Json factory_;
  boost::asio::any_io_executor executor_;
  Lines lines_;
  Link link_;
};

}  // namespace signaling::socketio::test
