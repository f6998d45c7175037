#include "socketio_conformance.hpp"

#include <chrono>
#include <memory>
#include <system_error>
#include <tuple>

namespace {

namespace socketio = signaling::socketio;
using SocketPointer = std::shared_ptr<socketio::Socket>;
using socketio::Acknowledge;
using socketio::Arguments;

// Results are ignored: a client that is gone misses nothing.

void emit_auth(const SocketPointer& socket) {
  std::ignore = socket->emit("auth", {socket->handshake().auth});
}

void answer(const SocketPointer& socket, const Arguments& arguments, const Acknowledge& /*acknowledge*/) {
  std::ignore = socket->emit("message-back", arguments);
}

void confirm(const SocketPointer& /*socket*/, const Arguments& arguments, const Acknowledge& acknowledge) {
  std::ignore = acknowledge(arguments);
}

// The suites leave this direction out. The question stays open for as long as the connection.
void ask(const SocketPointer& socket, const Arguments& arguments, const Acknowledge& /*acknowledge*/) {
  const std::weak_ptr<socketio::Socket> asker = socket;
  socket->emit_with_ack("question", arguments, std::chrono::milliseconds(0),
                        [asker](std::error_code error, const Arguments& answer) {
                          const SocketPointer to = asker.lock();
                          if (!to) return;
                          const Arguments reason{socketio::quote(error.message())};
                          std::ignore = error ? to->emit("not-asked", reason) : to->emit("answered", answer);
                        });
}

}  // namespace

void serve_conformance(socketio::Server& server) {
  server.of("/custom").on_connection(emit_auth);
  server.of("/")
      .on_connection(emit_auth)
      .on("message", answer)
      .on("message-with-ack", confirm)
      .on("ask", ask);
}
