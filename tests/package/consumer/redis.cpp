// A host that links redis and whose Redis is away: its own peers meet all the same.
#include <boost/asio/io_context.hpp>
#include <memory>
#include <signaling/core/router.hpp>
#include <signaling/redis/redis_store.hpp>
#include <string>

int main() {
  boost::asio::io_context io(1);
  signaling::redis::RedisOptions store_options;
  store_options.url = "redis://127.0.0.1:1";  // nobody listens there
  store_options.executor = io.get_executor();
  const auto store = std::make_shared<signaling::redis::RedisStore>(store_options);
  signaling::RouterOptions router_options;
  router_options.store = store;
  signaling::Router router(router_options);

  std::string received;
  signaling::LocalPeerOptions callee_options;
  callee_options.executor = io.get_executor();
  callee_options.id = "callee";
  callee_options.on_event = [&](const signaling::Event& event) {
    const auto* message = std::get_if<signaling::event::Message>(&event);
    if (message == nullptr) return;
    received = message->message.payload;
    io.stop();
  };
  const auto callee = router.connect_local(callee_options);
  callee->join("room");

  signaling::LocalPeerOptions caller_options;
  caller_options.executor = io.get_executor();
  signaling::LocalPeer caller;
  caller_options.on_event = [&](const signaling::Event& event) {
    if (!std::holds_alternative<signaling::event::Joined>(event)) return;
    const auto result = caller->send(signaling::Message::offer(R"("sdp")", {.to = "callee"}));
    if (result.status == signaling::SendStatus::dropped) io.stop();
  };
  caller = router.connect_local(caller_options);
  caller->join("room");
  io.run();
  return received == R"("sdp")" && !store->health().ready() ? 0 : 1;
}
