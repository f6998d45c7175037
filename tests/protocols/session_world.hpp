#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "protocols/json_client.hpp"
#include "support/script_world.hpp"

namespace signaling::protocols::test {

using namespace signaling::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// What a client keeps between its connections.
struct Memory {
  std::string id;
  std::string secret;
  std::uint64_t received = 0;  // messages that count
};

inline bool counts(const std::string& line) {
  const std::string type = field(line, "type");
  return type != "welcome" && type != "ack" && type != "pong" && type != "going-away";
}

struct SessionWorld {
  explicit SessionWorld(RouterOptions options = {}) : world(std::move(options)) {}

  std::unique_ptr<ScriptClient> connect(const ConnectInfo& info) {
    auto client = std::make_unique<ScriptClient>(world.router, world.io.get_executor(), info, make_json());
    run();
    return client;
  }
  /// A client that asks for a minute.
  std::unique_ptr<ScriptClient> client(const std::string& id) {
    ConnectInfo info;
    info.wished_id = id;
    info.keep = "60";
    return connect(info);
  }
  /// A client whose peer goes with its connection.
  std::unique_ptr<ScriptClient> passing_client(const std::string& id) {
    ConnectInfo info;
    info.wished_id = id;
    return connect(info);
  }
  std::unique_ptr<ScriptClient> resume(const Memory& memory) {
    return resume(memory, std::to_string(memory.received));
  }
  std::unique_ptr<ScriptClient> resume(const Memory& memory, const std::string& received) {
    ConnectInfo info;
    info.wished_id = memory.id;
    info.resume = memory.secret;
    info.received = received;
    return connect(info);
  }
  void run() { world.run(); }
  void wait(milliseconds time) {
    world.clock.advance(time);
    world.router.on_time();
    run();
  }
  Stats stats() { return world.router.stats(); }

  ScriptWorld world;
};

/// Reads what has come, and keeps what a client keeps.
inline Lines read(ScriptClient& client, Memory& memory) {
  Lines lines = client.heard();
  for (const std::string& line : lines) {
    if (counts(line)) ++memory.received;
    if (field(line, "type") != "welcome") continue;
    if (field(line, "resumed") != "exact") memory.received = 0;
    memory.id = field(line, "peer");
    memory.secret = field(line, "resume");
  }
  return lines;
}

/// The types of the messages, or of messages from peers their data.
inline std::string types(const Lines& lines) {
  std::string all;
  for (const std::string& line : lines) {
    const std::string type = field(line, "type");
    all += (all.empty() ? "" : " ") + (type == "message" ? field(line, "data") : type);
  }
  return all;
}

inline std::string message(const std::string& to, const std::string& data) {
  return R"({"type":"message","to":")" + to + R"(","data":")" + data + R"("})";
}

inline constexpr std::string_view join = R"({"type":"join","room":"r"})";

/// Ada, whose peer stays, and Bob are in the room `r`, and have read everything.
struct TwoInARoom : SessionWorld {
  explicit TwoInARoom(RouterOptions options = {}) : SessionWorld(std::move(options)) {
    ada->say(join);
    bob->say(join);
    run();
    (void)read(*ada, memory);
    (void)bob->heard();
  }
  void bob_says(const std::string& data) {
    bob->say(message("ada", data));
    run();
  }

  std::unique_ptr<ScriptClient> ada = client("ada");
  std::unique_ptr<ScriptClient> bob = passing_client("bob");
  Memory memory;
};

inline RouterOptions with(Limits limits) {
  RouterOptions options;
  options.limits = limits;
  return options;
}

}  // namespace signaling::protocols::test
