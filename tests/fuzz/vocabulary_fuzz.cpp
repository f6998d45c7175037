// The vocabularies and the vertex protocol: no input makes them read beyond its end, and whatever one client sends, what
// every other gets of it, in each language, is JSON.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/require.hpp"
#include "signaling/protocols/godot.hpp"
#include "signaling/protocols/json.hpp"
#include "signaling/protocols/libdatachannel.hpp"
#include "signaling/protocols/matchbox.hpp"
#include "signaling/protocols/peerjs.hpp"
#include "signaling/protocols/vertex.hpp"
#include "signaling/protocols/y_webrtc.hpp"
#include "signaling/socketio/vocabularies.hpp"
#include "signaling/text/json_scanner.hpp"

namespace {

using namespace signaling;

/// Of clients of PeerJS: one of them is the speaker, called "a".
class PeerjsRoom final : public Room {
 public:
  const RoomId& id() const noexcept override { return id_; }
  Version version() const override { return 1; }
  std::size_t size() const override { return 1; }
  std::vector<Member> members() const override {
    return {{"me", Payload(protocols::Peerjs::metadata("a")), {}, 1}};
  }
  SendResult send(const Message& /*message*/, std::string_view /*from*/) override { return {}; }
  std::error_code kick(std::string_view /*peer*/, std::string_view /*why*/) override { return {}; }
  std::error_code close(std::string_view /*why*/) override { return {}; }

 private:
  const RoomId id_ = "peerjs/everybody";
};

std::vector<std::unique_ptr<Protocol>> make_protocols() {
  std::vector<std::unique_ptr<Protocol>> made;
  for (const std::string_view name : socketio::vocabulary_names()) {
    made.push_back(socketio::Vocabulary::make(name)->make_protocol());
  }
  made.push_back(protocols::Vertex([] { return std::vector<Member>(); }).make());
  made.push_back(protocols::YWebrtc([](std::string_view) { return std::size_t{1}; }).make());
  ConnectInfo info;
  info.target = "/matchbox/room?next=2";
  made.push_back(protocols::Matchbox([](std::string_view) { return std::vector<Member>(); }).make(info));
  made.push_back(protocols::Godot([](std::string_view) { return std::vector<Member>(); }).make());
  info.target = "/libdatachannel/id";
  made.push_back(protocols::Libdatachannel().make(info));
  info.target = "/peerjs?key=peerjs&id=a&token=t";
  const auto room_of = [room = std::make_shared<PeerjsRoom>()](std::string_view) { return room; };
  made.push_back(protocols::Peerjs(room_of).make(info));
  made.push_back(protocols::Json().make());
  return made;
}

class World {
 public:
  explicit World(std::string_view message) : message_(message), listeners_(make_protocols()) {}

  void run() {
    for (const auto& speaker : make_protocols()) {
      obey([&](auto& commands) { speaker->open("me", system_clock(), commands); });
      obey([&](auto& commands) { speaker->decode({MessageKind::text, message_}, commands); });
    }
  }

  template <class Ask>
  void obey(Ask ask) {
    std::vector<Command> commands;
    ask(commands);
    for (const Command& command : commands) std::visit(*this, command);
  }

  void operator()(const command::Join& join) {
    const std::string_view metadata = join.metadata.value_or(std::string_view());
    require(!join.room.empty() && (metadata.empty() || text::is_json(metadata)));
    const MemberView self{"me", metadata, 1};
    hear(event::Joined{join.room, 1, self, {&self, 1}, {}});
    hear(event::PeerJoined{join.room, 1, self});
    hear(event::PeerUpdated{join.room, 1, self});
    hear(event::PeerLeft{join.room, 2, self, LeaveReason::leave});
    hear(event::Error{errc::room_full, "full", join.request});
  }
  void operator()(const command::Send& send) {
    const Message& message = send.message;
    require(message.payload.empty() || text::is_json(message.payload));
    hear(event::Message{message, "me", R"({"personName":1,"emailID":2,"peerId":3,"id":4})"});
    hear(event::Message{message, "me"});
    hear(event::Error{errc::slow_consumer, "slow", send.request});
  }
  void operator()(const command::Invalid& invalid) { hear(event::Error{invalid.code, invalid.message, {}}); }
  void operator()(const command::Reply& reply) { check(reply.frames); }
  template <class Other>
  void operator()(const Other&) {}

 private:
  void hear(const Event& event) {
    for (const auto& listener : listeners_) {
      std::vector<Frame> frames;
      listener->encoder()->encode(event, frames);
      check(frames);
    }
  }

  // A packet of Socket.IO begins with the digits of its type.
  static void check(const std::vector<Frame>& frames) {
    for (const Frame& frame : frames) {
      if (frame.close_status() || frame.probe_time()) continue;
      std::string_view text = frame.text_view();
      if (text.starts_with("42") || text.starts_with("44")) text.remove_prefix(2);
      require(text::is_json(text));
    }
  }

  std::string_view message_;
  std::vector<std::unique_ptr<Protocol>> listeners_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> exact(data, data + size);
  World({exact.data(), exact.size()}).run();
  return 0;
}
