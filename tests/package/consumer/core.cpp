// A host that links core alone: two peers of its own, one rule of its own, and an offer from one to the other.
#include <boost/asio/io_context.hpp>
#include <signaling/core/router.hpp>
#include <string>

class OneRoomPolicy final : public signaling::Policy {
 public:
  void joined(const signaling::Peer&, std::string_view room) override { rooms += std::string(room) + ' '; }
  std::string rooms;
};

int main() {
  boost::asio::io_context io(1);
  signaling::RouterOptions options;
  const auto policy = std::make_shared<OneRoomPolicy>();
  options.policy = policy;
  signaling::Router router(options);

  std::string received;
  signaling::LocalPeerOptions callee;
  callee.executor = io.get_executor();
  callee.id = "callee";
  callee.on_event = [&](const signaling::Event& event) {
    if (const auto* sent = std::get_if<signaling::event::Message>(&event)) {
      received = std::string(sent->from) + ": " + std::string(sent->message.payload);
    }
  };
  signaling::LocalPeerOptions caller;
  caller.executor = io.get_executor();
  caller.id = "caller";
  const auto to = router.connect_local(callee);
  const auto from = router.connect_local(caller);
  to->join("room");
  from->join("room");
  io.poll();

  const auto result = from->send(signaling::Message::offer(R"("sdp")", {.to = "callee"}));
  io.restart();
  io.poll();
  const bool sent = result.status == signaling::SendStatus::sent;
  return sent && received == R"(caller: "sdp")" && policy->rooms == "room room " ? 0 : 1;
}
