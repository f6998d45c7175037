#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "socketio/server_script.hpp"

namespace signaling::socketio::test {

using namespace std::chrono_literals;

inline std::string quoted_behind(const std::string& line, std::string_view mark) {
  const std::size_t start = line.rfind(mark);
  REQUIRE_MESSAGE(start != std::string::npos, line);
  const std::size_t begin = start + mark.size();
  return line.substr(begin, line.find('"', begin) - begin);
}

inline std::string pid_of(const std::string& answer) { return quoted_behind(answer, R"("pid":")"); }
inline std::string sid_of(const std::string& answer) { return quoted_behind(answer, R"("sid":")"); }
/// The last argument.
inline std::string offset_of(const std::string& event) { return quoted_behind(event, R"(,")"); }
inline std::string without_offset(const std::string& event) {
  return event.substr(0, event.rfind(',')) + "]";
}

inline Lines without_offsets(const Lines& events) {
  Lines plain;
  for (const std::string& event : events) plain.push_back(without_offset(event));
  return plain;
}

inline std::string reconnect(const std::string& pid, const std::string& offset) {
  return R"(0{"pid":")" + pid + R"(","offset":")" + offset + R"("})";
}

inline ServerOptions recovering(std::chrono::milliseconds time = 30s) {
  ServerOptions options;
  options.recovery_time = time;
  return options;
}

/// What handlers note down, also at the end of the script.
struct RecoveryNotes {
  SocketPtr ann;
  int connections = 0;
  Lines ends;
};

/// A namespace whose sockets join "room", and ann, who is in it.
struct RecoveryScript : RecoveryNotes, ServerScript {
  explicit RecoveryScript(ServerOptions options = recovering(), RouterOptions router_options = {})
      : ServerScript(std::move(options), std::move(router_options)) {
    server.of("/").on_connection([this](const SocketPtr& socket) {
      ++connections;
      ann = socket;
      socket->join("room");
      socket->on_disconnect([this](CloseReason reason) { ends.emplace_back(to_string(reason)); });
    });
    client = &session("ann");
    say(*client, "0");
    answer = client->heard().at(0);
    pid = pid_of(answer);
  }

  /// Another client.
  FakeSession& client_of(const char* id) { return ServerScript::client(id); }
  /// What ann's client hears of this.
  std::string emit(const char* name) {
    ann->emit(name);
    run();
    const Lines lines = client->heard();
    REQUIRE(lines.size() == 1);
    return lines[0];
  }
  void emit_away(const char* name) {
    ann->emit(name);
    run();
  }
  void cut(CloseReason reason = CloseReason::lost) {
    client->cut(reason);
    run();
  }
  /// What the client hears that comes back so.
  Lines come_back(const std::string& offset) {
    client = &session();
    say(*client, reconnect(pid, offset));
    return client->heard();
  }

  FakeSession* client = nullptr;
  std::string answer;
  std::string pid;
};

}  // namespace signaling::socketio::test
