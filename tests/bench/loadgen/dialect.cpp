#include "dialect.hpp"

#include <cstddef>

namespace bench {
namespace {

// The text of a string member that holds no escape, as ids do not; empty: not there.
std::string_view text_of(std::string_view json, std::string_view member) {
  const std::string key = '"' + std::string(member) + "\":\"";
  const std::size_t start = json.find(key);
  if (start == std::string_view::npos) return {};
  const std::string_view value = json.substr(start + key.size());
  return value.substr(0, value.find('"'));
}

/// signaling.v1, see docs/protocol.md.
class Native : public Dialect {
 public:
  std::string path() const override { return "/signaling"; }
  std::string subprotocol() const override { return "signaling.v1"; }
  std::string greeting(const Party& self) const override {
    return R"({"type":"join","room":")" + self.room + "\"}";
  }
  Progress read(std::string_view message, Party& self, std::string& /*answer*/) const override {
    const std::string_view type = text_of(message, "type");
    if (type == "welcome") self.id = text_of(message, "peer");
    if (type == "joined") return Progress::joined;
    if (type == "left") return Progress::left;
    return type == "error" || type.empty() ? Progress::refused : Progress::nothing;
  }
  Wrapping direct(const Party& /*from*/, const Party& to) const override {
    return {R"({"type":"message","to":")" + to.id + R"(","data":")", "\"}"};
  }
  Wrapping to_room(const Party& from) const override {
    return {R"({"type":"message","room":")" + from.room + R"(","data":")", "\"}"};
  }
  std::string leave(const Party& self) const override {
    return R"({"type":"leave","room":")" + self.room + "\"}";
  }
};

/// The same with a session: both sides count, and confirm every 32 messages.
class Session final : public Native {
 public:
  std::string path() const override { return "/signaling?keep=3600"; }
  std::string path_to_resume(const Party& self) const override {
    return path() + "&peer=" + self.id + "&resume=" + self.secret +
           "&received=" + std::to_string(self.received);
  }
  Progress read(std::string_view message, Party& self, std::string& answer) const override {
    const std::string_view type = text_of(message, "type");
    if (type == "welcome") return welcome(message, self, answer);
    // A client confirms what is left within some seconds; here at once, so that nothing is owed while all is quiet.
    if (type != "ack") {
      ++self.received;
      answer = confirm(self);
    }
    return Native::read(message, self, answer);
  }
  std::string receipt(Party& self) const override {
    ++self.received;
    return self.received - self.confirmed < 32 ? std::string() : confirm(self);
  }

 private:
  static std::string confirm(Party& self) {
    self.confirmed = self.received;
    return R"({"type":"ack","received":)" + std::to_string(self.received) + "}";
  }
  static Progress welcome(std::string_view message, Party& self, std::string& answer) {
    const std::string_view resumed = text_of(message, "resumed");
    self.id = text_of(message, "peer");
    self.secret = text_of(message, "resume");
    if (resumed.empty()) return Progress::nothing;
    answer = confirm(self);
    return resumed == "exact" ? Progress::resumed : Progress::refused;
  }
};

/// What the bare relays in ../peers speak: "J room" is answered "J", "L" is answered "L", and everything else goes
/// to the others in the room as it is.
class Raw final : public Dialect {
 public:
  std::string path() const override { return "/"; }
  std::string greeting(const Party& self) const override { return "J " + self.room; }
  Progress read(std::string_view message, Party& /*self*/, std::string& /*answer*/) const override {
    if (message == "J") return Progress::joined;
    return message == "L" ? Progress::left : Progress::refused;
  }
  Wrapping direct(const Party& /*from*/, const Party& /*to*/) const override { return {}; }
  Wrapping to_room(const Party& /*from*/) const override { return {}; }
  std::string leave(const Party& /*self*/) const override { return "L"; }
};

/// Socket.IO with the events of the vocabulary "rooms-mesh", over WebSocket from the start.
class SocketIo final : public Dialect {
 public:
  std::string path() const override { return "/socket.io/?EIO=4&transport=websocket"; }
  std::string greeting(const Party& /*self*/) const override { return {}; }
  Progress read(std::string_view message, Party& self, std::string& answer) const override {
    if (message.starts_with("0{")) {
      answer = "40";
    } else if (message.starts_with("40{")) {
      self.id = text_of(message, "sid");
      answer = R"(42["join_room",{"roomName":")" + self.room + R"(","personName":")" + self.name + "\"}]";
    } else if (message == "2") {
      answer = "3";
    } else if (message.starts_with(R"(42["user_joined")")) {
      return text_of(message, "socketId") == self.id ? Progress::joined : Progress::nothing;
    } else if (!message.starts_with(R"(42["user_left")")) {
      return Progress::refused;
    }
    return Progress::nothing;
  }
  Wrapping direct(const Party& from, const Party& to) const override {
    return {R"(42["offer",{"offer":")", R"(","fromPeer":")" + from.id + R"(","toPeer":")" + to.id + "\"}]"};
  }
  Wrapping to_room(const Party& from) const override {
    return {
        R"(42["message",{"roomName":")" + from.room + R"(","personName":")" + from.name + R"(","content":")",
        "\"}]"};
  }
  // The vocabulary answers no `leave_room`; the namespace is left with it.
  std::string leave(const Party& self) const override {
    return R"(42["leave_room",{"roomName":")" + self.room + R"(","personName":")" + self.name + "\"}]";
  }
  bool echoes() const override { return true; }
};

}  // namespace

std::unique_ptr<Dialect> make_dialect(std::string_view name) {
  if (name == "native") return std::make_unique<Native>();
  if (name == "session") return std::make_unique<Session>();
  if (name == "raw") return std::make_unique<Raw>();
  if (name == "socketio") return std::make_unique<SocketIo>();
  return nullptr;
}

}  // namespace bench
