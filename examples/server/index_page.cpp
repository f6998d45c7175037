#include "index_page.hpp"

#include <string>

namespace net = signaling::net;

net::HttpHandler index_page(const Options& options) {
  std::string text =
      "This is a signaling server for WebRTC. It serves:\n"
      "\n"
      "/signaling    WebSocket, subprotocol signaling.v1\n"
      "/socket.io/   Socket.IO\n"
      "/ws           WebSocket, vertex\n"
      "/connections  the ready clients of token-peers\n"
      "/healthz      200 while the server runs\n"
      "/readyz       200 while the server accepts clients\n";
  text += describe_dialects(options.dialects);
  text += describe_whip(options.whip);
  if (options.echo) text += "/echo         WebSocket that echoes\n";
  return [text](const net::HttpRequest& /*request*/, const net::HttpResponder& responder) {
    responder.send(net::HttpResponse::text(200, text));
  };
}
