#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/socketio/connection.hpp"
#include "signaling/socketio/engine_session.hpp"
#include "socketio/engine_script.hpp"

namespace signaling::socketio::test {

inline const ConnectionOptions connection_options{};

struct DescribeConnectionEvent {
  static std::string values_of(const PacketValues& values, std::span<const Frame> attachments) {
    std::string text;
    for (const std::string_view argument : values.arguments) text += " " + std::string(argument);
    for (const Frame& frame : attachments) text += " " + describe(frame.kind(), frame.text_view());
    return text;
  }
  std::string operator()(const connection_event::NamespaceRequested& event) const {
    return "requested " + std::string(event.nsp) + (event.auth.empty() ? "" : " " + std::string(event.auth));
  }
  std::string operator()(const connection_event::EventReceived& event) const {
    return "event " + std::string(event.nsp) + " " + std::string(event.values.name) +
           values_of(event.values, event.attachments) +
           (event.ack ? " ack=" + std::to_string(*event.ack) : "");
  }
  std::string operator()(const connection_event::AckReceived& event) const {
    return "ack " + std::string(event.nsp) + " " + std::to_string(event.id) +
           values_of(event.values, event.attachments);
  }
  std::string operator()(const connection_event::NamespaceClosed& event) const {
    return "left " + std::string(event.nsp) + ": " + std::string(to_string(event.reason));
  }
  std::string operator()(const connection_event::ConnectionClosed& event) const {
    return "closed: " + std::string(to_string(event.reason));
  }
};

/// One connection over one session, and their driver. Inputs: those of an engine script, and "accept <nsp>", "refuse <nsp>",
/// "emit <nsp> <packet>", "disconnect <nsp>". What comes of each: events, then what the driver has to do.
class ConnectionScript {
 public:
  explicit ConnectionScript(ConnectionOptions options = connection_options,
                            EngineOptions engine = default_options)
      : engine_options_(engine),
        options_(options),
        engine_("SID", engine_options_),
        connection_(options_, TimePoint()) {}

  void play(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      INFO(step.input);
      CHECK(to_block(run(step.input)) == to_block(step.output));
    }
  }

  Lines run(std::string_view input) {
    const Command command(input);
    const ScriptMessage message(command.rest);
    Lines lines;
    if (!tell_connection(command)) lines.emplace_back("no");
    if (command.word == "at") {
      now_ = TimePoint(std::chrono::milliseconds(command.number));
      engine_.on_time(now_);
      connection_.on_time(now_);
    } else if (command.word != "close") {
      tell(engine_, command, message, now_);
    }
    settle(lines);
    while (const auto event = engine_.poll_event()) {
      if (const auto* closed = std::get_if<engine_event::Closed>(&*event)) {
        connection_.receive_end(closed->reason);
      } else {
        connection_.receive(std::get<engine_event::Message>(*event).message);
      }
      settle(lines);
    }
    append_actions(engine_, lines);
    return lines;
  }

  Connection& connection() { return connection_; }
  /// Every namespace, while its event is handled.
  bool accepts_at_once = false;
  long long deadline() const {
    const auto deadline = connection_.next_deadline();
    if (!deadline) return -1;
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline->time_since_epoch()).count();
  }

 private:
  bool tell_connection(const Command& command) {
    const std::size_t space = command.rest.find(' ');
    const std::string nsp = command.rest.substr(0, space);
    if (command.word == "accept") return connection_.accept(nsp, "id-of-" + nsp);
    if (command.word == "refuse") return connection_.refuse(nsp, "No");
    if (command.word == "disconnect") return connection_.disconnect(nsp, CloseReason::kicked);
    if (command.word == "close") connection_.close(CloseReason::kicked);
    if (command.word != "emit") return true;
    const Frame frame = ScriptMessage(command.rest.substr(space + 1)).frame();
    return connection_.send(nsp, std::span(&frame, 1));
  }

  void settle(Lines& lines) {
    while (const auto event = connection_.poll_event()) {
      lines.push_back(std::visit(DescribeConnectionEvent(), *event));
      const auto* requested = std::get_if<connection_event::NamespaceRequested>(&*event);
      if (requested != nullptr && accepts_at_once) CHECK(connection_.accept(requested->nsp, "id"));
    }
    std::vector<Frame> frames;
    while (connection_.take_output(frames)) continue;
    for (const Frame& frame : frames) engine_.send(frame);
    if (const auto reason = connection_.poll_close()) engine_.close(*reason, now_);
  }

  EngineOptions engine_options_;
  ConnectionOptions options_;
  TimePoint now_{};
  EngineSession engine_;
  Connection connection_;
};

/// On WebSocket 1, and in no namespace.
struct OpenConnection : ConnectionScript {
  explicit OpenConnection(ConnectionOptions options = connection_options) : ConnectionScript(options) {
    REQUIRE(run("ws-open 1").size() == 1);
  }
};

/// In the main namespace too.
struct MainConnection : OpenConnection {
  explicit MainConnection(ConnectionOptions options = connection_options) : OpenConnection(options) {
    play({{"ws 1 40", {"requested /"}}, {"accept /", {R"(ws 1: 40{"sid":"id-of-/"})"}}});
  }
};

}  // namespace signaling::socketio::test
