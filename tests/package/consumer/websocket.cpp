// A host that links websocket: a message goes from one end of a connection to the other.
#include <signaling/websocket/connection.hpp>
#include <string_view>
#include <vector>

namespace websocket = signaling::websocket;

int main() {
  const std::string_view text = "offer";
  websocket::ConnectionOptions options;
  options.random = &signaling::system_random();
  websocket::Connection client(websocket::Role::client, options);
  websocket::Connection server(websocket::Role::server);

  std::vector<std::byte> wire;
  client.encode_message(signaling::MessageKind::text, std::as_bytes(std::span(text)), wire);
  server.receive(wire);
  const auto event = server.poll_event();
  const auto* message = event ? std::get_if<websocket::Message>(&*event) : nullptr;
  if (message == nullptr) return 1;
  const std::string_view got(reinterpret_cast<const char*>(message->payload.data()), message->payload.size());
  return got == text ? 0 : 1;
}
