// A plain relay on uWebSockets, as its examples do it: `send` for each receiver, or with "--topic" a topic for each
// peer (a relay of pairs) and for each room (broadcast), which gathers what is published during a tick.
#include <App.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {

bool use_topics = false;

template <bool Tls>
class Relay {
 public:
  struct Peer;
  using Socket = uWS::WebSocket<Tls, true, Peer>;
  struct Room {
    std::string name;
    std::vector<Socket*> members;
  };
  struct Peer {
    Room* room = nullptr;
  };
  using App = uWS::TemplatedApp<Tls>;

  static void run(App app) {
    std::unordered_map<std::string, Room> rooms;
    typename App::template WebSocketBehavior<Peer> behavior;
    behavior.compression = uWS::DISABLED;
    behavior.maxPayloadLength = 1 << 20;
    behavior.maxBackpressure = 16 << 20;
    behavior.idleTimeout = 120;
    behavior.message = [&](Socket* ws, std::string_view message, uWS::OpCode code) {
      on_message(rooms, ws, message, code);
    };
    behavior.close = [&](Socket* ws, int /*code*/, std::string_view /*reason*/) { leave(rooms, ws); };
    app.template ws<Peer>("/*", std::move(behavior))
        .listen("127.0.0.1", 0,
                [](auto* socket) {
                  if (socket == nullptr) std::exit(1);
                  std::printf("listening on 127.0.0.1:%d\n",
                              us_socket_local_port(Tls, reinterpret_cast<us_socket_t*>(socket)));
                  std::fflush(stdout);
                })
        .run();
  }

 private:
  static void on_message(std::unordered_map<std::string, Room>& rooms, Socket* ws, std::string_view message,
                         uWS::OpCode code) {
    Room* const room = ws->getUserData()->room;
    if (message.starts_with("J ")) {
      join(rooms, ws, message.substr(2));
      ws->send("J", uWS::TEXT);
    } else if (message == "L") {
      leave(rooms, ws);
      ws->send("L", uWS::TEXT);
    } else if (room != nullptr && use_topics) {
      ws->publish(room->name, message, code);
    } else if (room != nullptr) {
      for (Socket* const other : room->members) {
        if (other != ws) other->send(message, code);
      }
    }
  }

  static void join(std::unordered_map<std::string, Room>& rooms, Socket* ws, std::string_view name) {
    Room& room = rooms[std::string(name)];
    room.name = name;
    room.members.push_back(ws);
    ws->getUserData()->room = &room;
    if (use_topics) ws->subscribe(name);
  }

  static void leave(std::unordered_map<std::string, Room>& rooms, Socket* ws) {
    Room* const room = ws->getUserData()->room;
    if (room == nullptr) return;
    ws->getUserData()->room = nullptr;
    std::erase(room->members, ws);
    if (room->members.empty()) rooms.erase(std::string(room->name));
  }
};

}  // namespace

// uws_relay [--topic] [CERTIFICATE KEY]
int main(int argc, char** argv) {
  std::vector<const char*> files;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--topic") {
      use_topics = true;
    } else {
      files.push_back(argv[i]);
    }
  }
  if (files.size() != 2) {
    Relay<false>::run(uWS::App());
  } else {
    uWS::SocketContextOptions options;
    options.cert_file_name = files[0];
    options.key_file_name = files[1];
    Relay<true>::run(uWS::SSLApp(options));
  }
}
