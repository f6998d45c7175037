// A host that links socketio: a packet that was encoded is the packet that is decoded, and a server has its namespaces.
#include <signaling/core/router.hpp>
#include <signaling/socketio/packet.hpp>
#include <signaling/socketio/server.hpp>

namespace socketio = signaling::socketio;

int main() {
  const signaling::Frame frame = socketio::encode_event({}, "offer", R"({"sdp":"v=0"})");
  socketio::PacketDecoder decoder;
  socketio::Packet packet;
  const auto error = decoder.decode(frame.text_view().substr(1), packet);  // without the digit of Engine.IO

  signaling::Router router;
  socketio::Server server(router);
  const bool served = server.of("/game").name() == "/game";
  return served && error == socketio::PacketError::none && packet.values.name == "offer" ? 0 : 1;
}
