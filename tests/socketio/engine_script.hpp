#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "signaling/socketio/engine_session.hpp"
#include "signaling/text/hex.hpp"

namespace signaling::socketio::test {

using Lines = std::vector<std::string>;

inline constexpr EngineOptions default_options{};

/// For comparing: a failed check shows the lines.
inline std::string to_block(const Lines& lines) {
  std::string block;
  for (const std::string& line : lines) block += line + "\n";
  return block;
}

inline std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += text.empty() ? "" : " ";
    text += {text::hex_digit(byte >> 4U), text::hex_digit(byte & 0xFU)};
  }
  return text;
}

/// In scripts `|` stands for the separator of packets.
inline std::string exchange_separators(std::string_view text, char from, char to) {
  std::string result(text);
  std::replace(result.begin(), result.end(), from, to);
  return result;
}

inline std::string describe(MessageKind kind, std::string_view bytes) {
  return kind == MessageKind::text ? std::string(bytes) : "<" + to_hex(bytes) + ">";
}

/// "<01 02>" -> two bytes of a binary message; anything else is text.
struct ScriptMessage {
  explicit ScriptMessage(std::string_view word) {
    if (!word.starts_with('<')) {
      bytes.assign(word.begin(), word.end());
      return;
    }
    kind = MessageKind::binary;
    for (std::size_t i = 1; i + 1 < word.size(); i += 3) {
      bytes.push_back(static_cast<char>(std::stoi(std::string(word.substr(i, 2)), nullptr, 16)));
    }
  }
  MessageView view() const { return {kind, {bytes.data(), bytes.size()}}; }
  Frame frame() const {
    const std::string_view text(bytes.data(), bytes.size());
    return kind == MessageKind::text ? Frame::text(text) : Frame::binary(std::as_bytes(std::span(text)));
  }

  MessageKind kind = MessageKind::text;
  std::vector<char> bytes;  // no room to spare: AddressSanitizer sees a read behind the end
};

struct DescribeAction {
  std::string operator()(const engine_action::AnswerGet& action) const {
    return "get " + std::to_string(action.request) + ": " +
           exchange_separators(action.payload, packet_separator, '|');
  }
  std::string operator()(const engine_action::AnswerPost& action) const {
    return "post " + std::to_string(action.request) + ": ok";
  }
  std::string operator()(const engine_action::Refuse& action) const {
    const auto [status, body] = answer_for(action.error);
    return "refuse " + std::to_string(action.request) + ": " + std::to_string(status) +
           (body.empty() ? "" : " code " + std::string(1, body[8]));
  }
  std::string operator()(const engine_action::WriteFrame& action) const {
    return "ws " + std::to_string(action.socket) + ": " +
           describe(action.frame.kind(), action.frame.text_view());
  }
  std::string operator()(const engine_action::CloseWebSocket& action) const {
    return "ws " + std::to_string(action.socket) + " closed: " + std::string(to_string(action.reason));
  }
};

/// The words of one line of a script: "post 2 4a|4b" -> "post", 2, "4a|4b".
struct Command {
  explicit Command(std::string_view line) {
    const std::size_t first = std::min(line.find(' '), line.size());
    word = line.substr(0, first);
    line.remove_prefix(std::min(first + 1, line.size()));
    std::size_t digits = 0;
    while (digits < line.size() && line[digits] >= '0' && line[digits] <= '9') ++digits;
    if (digits != 0) number = std::stoull(std::string(line.substr(0, digits)));
    if (digits < line.size() && line[digits] == ' ') ++digits;
    rest = line.substr(digits);
  }
  std::string word;
  std::uint64_t number = 0;
  std::string rest;
};

/// Tells a session what one line of a script says. The message of a "ws 1 ..." must outlive the events.
inline void tell(EngineSession& session, const Command& command, const ScriptMessage& message,
                 TimePoint now) {
  if (command.word == "get") session.on_get(command.number, now);
  if (command.word == "get-aborted") session.on_get_aborted(command.number);
  if (command.word == "post-started") session.on_post_started(command.number);
  if (command.word == "post-aborted") session.on_post_aborted(command.number);
  if (command.word == "post") {
    session.on_post(command.number, exchange_separators(command.rest, '|', packet_separator), now);
  }
  if (command.word == "ws-open") session.on_websocket_open(command.number, now);
  if (command.word == "ws-closed") session.on_websocket_closed(command.number, CloseReason::lost);
  if (command.word == "ws") session.on_websocket_message(command.number, message.view(), now);
  if (command.word == "close") session.close(CloseReason::kicked, now);
}

inline void append_actions(EngineSession& session, Lines& lines) {
  while (const auto action = session.poll_action()) lines.push_back(std::visit(DescribeAction(), *action));
}

struct Step {
  std::string input;
  Lines output;
};

/// One session and its driver. Inputs: "get 1", "get-aborted 1", "post 2 <payload>", "post-started 2", "post-aborted 2",
/// "ws-open 1", "ws 1 <message>", "ws-closed 1", "send <packet>", "close", "at <ms since the beginning>". What comes of
/// each: "text ...", "binary ...", "closed: <reason>", then what the driver has to do.
class EngineScript {
 public:
  explicit EngineScript(EngineOptions options = default_options)
      : options_(options), session_("SID", options_) {}

  void play(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      INFO(step.input);
      CHECK(to_block(run(step.input)) == to_block(step.output));
    }
  }

  Lines run(std::string_view input) {
    const Command command(input);
    const ScriptMessage message(command.rest);
    if (command.word == "at") {
      now_ = TimePoint(std::chrono::milliseconds(command.number));
      session_.on_time(now_);
    } else if (command.word == "send") {
      session_.send(ScriptMessage(input.substr(5)).frame());
    } else {
      tell(session_, command, message, now_);
    }
    Lines lines;
    while (const auto event = session_.poll_event()) lines.push_back(describe_event(*event));
    append_actions(session_, lines);
    return lines;
  }

  EngineSession& session() { return session_; }
  /// In milliseconds since the beginning; -1: none.
  long long deadline() const {
    const auto deadline = session_.next_deadline();
    if (!deadline) return -1;
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline->time_since_epoch()).count();
  }

 private:
  static std::string describe_event(const EngineEvent& event) {
    if (const auto* closed = std::get_if<engine_event::Closed>(&event)) {
      return "closed: " + std::string(to_string(closed->reason));
    }
    const MessageView& message = std::get<engine_event::Message>(event).message;
    return "message " + describe(message.kind, message.bytes);
  }

  EngineOptions options_;
  TimePoint now_{};
  EngineSession session_;
};

inline const std::string polling_handshake =
    R"(0{"sid":"SID","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";
inline const std::string websocket_handshake =
    R"(0{"sid":"SID","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";

/// A session on polling whose handshake is done.
struct PollingSession : EngineScript {
  explicit PollingSession(EngineOptions options = default_options) : EngineScript(options) {
    REQUIRE(run("get 1").size() == 1);
  }
};

/// A session that began on WebSocket 1.
struct WebSocketSession : EngineScript {
  explicit WebSocketSession(EngineOptions options = default_options) : EngineScript(options) {
    REQUIRE(run("ws-open 1").size() == 1);
  }
};

}  // namespace signaling::socketio::test
