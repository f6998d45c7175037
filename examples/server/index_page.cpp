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
      "/connections  who is ready, for clients of token-peers\n"
      "/healthz      whether it runs\n"
      "/readyz       whether it takes clients\n";
  if (options.echo) text += "/echo         WebSocket that echoes\n";
  return [text](const net::HttpRequest& /*request*/, const net::HttpResponder& responder) {
    responder.send(net::HttpResponse::text(200, text));
  };
}
