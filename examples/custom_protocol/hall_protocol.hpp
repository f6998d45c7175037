// A wire language of the host's own, "hall.v1". A client says
//   {"op":"enter","hall":"lobby","name":"Ann"}   {"op":"leave","hall":"lobby"}
//   {"op":"tell","to":"<id>","what":"offer","body":…}
// and the server: hello, here, came, gone, told, oops. Clients of other languages meet these in the same rooms.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "signaling/core/json_frame.hpp"
#include "signaling/core/protocol_factory.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/kept_texts.hpp"

namespace hall {

namespace event = signaling::event;
namespace command = signaling::command;
namespace text = signaling::text;

/// Event -> message. One object for all clients.
class Encoder final : public signaling::Encoder {
 public:
  void encode(const signaling::Event& event, std::vector<signaling::Frame>& frames) const override {
    signaling::JsonFrame out(256);
    if (const auto* welcome = std::get_if<event::Welcome>(&event)) {
      out.raw(R"({"op":"hello","you":)").string(welcome->peer);
    } else if (const auto* joined = std::get_if<event::Joined>(&event)) {
      out.raw(R"({"op":"here","hall":)")
          .string(joined->room)
          .raw(R"(,"count":)")
          .number(joined->members.size());
    } else if (const auto* came = std::get_if<event::PeerJoined>(&event)) {
      write_member(out.raw(R"({"op":"came")"), came->peer);
    } else if (const auto* left = std::get_if<event::PeerLeft>(&event)) {
      write_member(out.raw(R"({"op":"gone")"), left->peer);
    } else if (const auto* sent = std::get_if<event::Message>(&event)) {
      write_message(out.raw(R"({"op":"told")"), *sent);
    } else if (const auto* error = std::get_if<event::Error>(&event)) {
      out.raw(R"({"op":"oops","why":)")
          .string(error->message.empty() ? describe(error->code) : error->message);
    } else {
      return;  // the language does not say it
    }
    out.raw("}");
    frames.push_back(out.finish());
  }

 private:
  // The metadata of other languages may have no name, or be no object.
  static void write_member(text::JsonWriter& out, const signaling::MemberView& member) {
    const auto [name] = text::members_of(member.metadata, {"name"});
    out.raw(R"(,"who":)").string(member.id).raw(R"(,"name":)").raw(name.is_present() ? name.text : "null");
  }

  static void write_message(text::JsonWriter& out, const event::Message& sent) {
    const signaling::Message& message = sent.message;
    out.raw(R"(,"from":)").string(sent.from).raw(R"(,"what":)").string(to_string(message.type));
    out.raw(R"(,"body":)");
    if (message.kind == signaling::MessageKind::binary) {
      out.base64(message.payload);
    } else {
      out.raw(message.payload.empty() ? "null" : message.payload);  // JSON already
    }
  }
};

/// Message -> command. One object for each client.
class Protocol final : public signaling::Protocol {
 public:
  explicit Protocol(std::shared_ptr<const signaling::Encoder> encoder) : encoder_(std::move(encoder)) {}

  std::string_view name() const noexcept override { return "hall.v1"; }
  const std::shared_ptr<const signaling::Encoder>& encoder() const noexcept override { return encoder_; }

  void decode(const signaling::MessageView& message, std::vector<signaling::Command>& commands) override {
    texts_.clear();  // the commands of the message before are done
    const auto [op, hall, name, to, what, body] =
        text::members_of(message.bytes, {"op", "hall", "name", "to", "what", "body"});
    if (op.equals("enter")) {
      std::string metadata;
      text::JsonWriter(metadata).raw(R"({"name":)").raw(name.is_present() ? name.text : "null").raw("}");
      commands.emplace_back(command::Join{texts_.name(hall), texts_.keep(std::move(metadata)), {}});
    } else if (op.equals("leave")) {
      commands.emplace_back(command::Leave{texts_.name(hall), {}});
    } else if (op.equals("tell") && !texts_.name(to).empty()) {
      commands.emplace_back(make_send(texts_.name(to), what, body));
    } else {
      commands.emplace_back(command::Invalid{signaling::errc::bad_request, "This is not in hall.v1.", {}});
    }
  }

 private:
  static command::Send make_send(std::string_view to, const text::JsonValue& what,
                                 const text::JsonValue& body) {
    using signaling::MessageType;
    command::Send send;
    send.message.to = to;
    send.message.payload = body.text;
    for (const auto type : {MessageType::offer, MessageType::answer, MessageType::candidate}) {
      if (what.equals(to_string(type))) send.message.type = type;
    }
    return send;
  }

  std::shared_ptr<const signaling::Encoder> encoder_;
  text::KeptTexts texts_;
};

class Factory final : public signaling::ProtocolFactory {
 public:
  std::string_view path() const noexcept override { return "/hall"; }
  std::string_view subprotocol() const noexcept override { return "hall.v1"; }
  std::unique_ptr<signaling::Protocol> make(const signaling::ConnectInfo& /*info*/) const override {
    return std::make_unique<Protocol>(encoder_);
  }

 private:
  const std::shared_ptr<const Encoder> encoder_ = std::make_shared<const Encoder>();
};

}  // namespace hall
