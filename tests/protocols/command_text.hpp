#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/command.hpp"
#include "signaling/protocols/json.hpp"
#include "support/exact_buffer.hpp"

namespace signaling::protocols::test {

// A command as one line, for tables: "join room=<r> metadata=<{}> id=<1>". What is absent is left out.
class CommandText {
 public:
  std::string operator()(const command::Join& join) {
    start("join").add("room", join.room);
    if (join.metadata) text_ += " metadata=<" + std::string(*join.metadata) + ">";
    return add("id", join.request).text_;
  }
  std::string operator()(const command::Leave& leave) {
    return start("leave").add("room", leave.room).add("id", leave.request).text_;
  }
  std::string operator()(const command::Update& update) {
    return start("update")
        .add("room", update.room)
        .add("metadata", update.metadata)
        .add("id", update.request)
        .text_;
  }
  std::string operator()(const command::Members& members) {
    return start("members").add("room", members.room).add("id", members.request).text_;
  }
  std::string operator()(const command::Send& send) {
    const Message& message = send.message;
    start(to_string(message.type)).add("event", message.event);
    add("to", message.to).add("room", message.room).add("data", message.payload);
    if (message.delivery == Delivery::volatile_) text_ += " volatile";
    if (message.kind == MessageKind::binary) text_ += " binary";
    return add("id", send.request).text_;
  }
  std::string operator()(const command::Ping& ping) {
    start("ping");
    if (ping.received) add("received", std::to_string(*ping.received));
    return add("id", ping.request).text_;
  }
  std::string operator()(const command::Acknowledge& acknowledge) {
    return start("ack").add("received", std::to_string(acknowledge.received)).text_;
  }
  std::string operator()(const command::Invalid& invalid) {
    return start(to_string(invalid.code)).add("message", invalid.message).add("id", invalid.request).text_;
  }
  std::string operator()(const command::Reply& reply) {
    return "reply frames=<" + std::to_string(reply.frames.size()) + ">";
  }
  std::string operator()(const command::Goodbye&) { return "goodbye"; }

 private:
  CommandText& start(std::string_view name) {
    text_ = name;
    return *this;
  }
  CommandText& add(std::string_view name, std::string_view value) {
    if (!value.empty()) text_.append(" ").append(name).append("=<").append(value).append(">");
    return *this;
  }

  std::string text_;
};

inline std::string decode_view(Protocol& protocol, std::string_view bytes,
                               MessageKind kind = MessageKind::text) {
  std::vector<Command> commands;
  protocol.decode({kind, bytes}, commands);
  std::string lines;
  for (const Command& command : commands)
    lines += (lines.empty() ? "" : "\n") + std::visit(CommandText(), command);
  return lines;
}

// Decodes `message` from a block of its size, and from larger ones with something behind it that would change
// the meaning of a message that is read too far.
inline std::string decode(Protocol& protocol, std::string_view message) {
  const testing::ExactBuffer exact(message);
  const std::string result = decode_view(protocol, exact.view());
  for (const char behind : {'}', '"', '0', ' ', '\\', ','}) {
    const testing::ExactBuffer longer(std::string(message) + behind);
    if (decode_view(protocol, longer.view().substr(0, message.size())) != result) return "read too far";
  }
  return result;
}

inline std::string decode(std::string_view message, const JsonOptions& options = {}) {
  return decode(*Json(options).make(), message);
}

}  // namespace signaling::protocols::test
