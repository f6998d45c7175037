#include <algorithm>
#include <random>

#include "websocket/wire_script.hpp"

namespace signaling::websocket {
namespace {

using test::Bytes;

// Both ends of one connection, and everything one of them sends as the other must see it.
class Conversation {
 public:
  explicit Conversation(unsigned seed)
      : random_(seed),
        options_(make_options()),
        server_(Role::server, options_),
        client_(Role::client, options_) {}

  void run() {
    for (int i = 0; i < 30; ++i) send(random_() % 2 == 0 ? client_ : server_);
    exchange();
    client_.close(CloseCode::normal, "done");
    flush(client_);
    deliver(to_server_, server_, seen_by_server_);
    flush(server_);
    deliver(to_client_, client_, seen_by_client_);
    sent_by_client_.push_back("closed 1000 done by peer");
    sent_by_server_.push_back("closed 1000  by us");
    std::erase(seen_by_client_, "pong p");  // as many as pings that were answered before the next came
    CHECK(first_difference(seen_by_server_, sent_by_client_) == "");
    CHECK(first_difference(seen_by_client_, sent_by_server_) == "");
  }

 private:
  ConnectionOptions make_options() {
    ConnectionOptions options;
    options.random = &keys_;
    options.max_message_bytes = 1 << 20;
    if (random_() % 2 == 0) {
      options.deflate = DeflateParameters{random_() % 2 == 0, random_() % 2 == 0, 15, 15};
      options.compress_from_bytes = 100;
    }
    return options;
  }

  // A message in one frame as the connection encodes it, or in fragments with a ping between them.
  void send(Connection& from) {
    const bool is_client = &from == &client_;
    Bytes& wire = is_client ? to_server_ : to_client_;
    test::Lines& sent = is_client ? sent_by_client_ : sent_by_server_;
    const Bytes payload = text();
    if (random_() % 3 != 0) {
      CHECK(from.encode_message(MessageKind::text, payload, wire));
    } else {
      const auto frame =
          is_client ? static_cast<Bytes (*)(unsigned, Bytes)>(test::client_frame) : &plain_frame;
      const std::size_t cut = random_() % (payload.size() + 1);
      const auto middle = payload.begin() + static_cast<std::ptrdiff_t>(cut);
      append(wire, frame(0x01, Bytes(payload.begin(), middle)));
      if (is_client) append(wire, frame(0x89, test::to_bytes("p")));
      if (is_client) sent.push_back("ping p");
      append(wire, frame(0x80, Bytes(middle, payload.end())));
    }
    sent.push_back("text " + test::to_text(payload));
    if (random_() % 2 == 0) exchange();
  }

  void exchange() {
    deliver(to_server_, server_, seen_by_server_);
    flush(server_);
    deliver(to_client_, client_, seen_by_client_);
  }

  static Bytes plain_frame(unsigned first_byte, Bytes payload) {
    return test::server_frame(first_byte, payload);
  }

  Bytes text() {
    Bytes bytes;
    const std::size_t size = random_() % 4 == 0 ? random_() % 100000 : random_() % 300;
    while (bytes.size() < size)
      append(bytes,
             test::to_bytes(random_() % 9 == 0 ? "\xe2\x82\xac"
                                               : std::string(1, static_cast<char>('a' + random_() % 26))));
    return bytes;
  }

  void deliver(Bytes& wire, Connection& to, test::Lines& seen) {
    for (std::size_t at = 0; at < wire.size();) {
      const std::size_t size =
          std::min<std::size_t>(wire.size() - at, 1 + random_() % (random_() % 2 == 0 ? 20 : 20000));
      const auto begin = wire.begin() + static_cast<std::ptrdiff_t>(at);
      test::receive(to, Bytes(begin, begin + static_cast<std::ptrdiff_t>(size)), seen);
      at += size;
    }
    wire.clear();
  }

  void flush(Connection& from) {
    append(&from == &client_ ? to_server_ : to_client_, test::take_output(from));
  }

  static void append(Bytes& to, const Bytes& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

  // Messages are long: only the place is told, and how the lines begin.
  static std::string first_difference(const test::Lines& seen, const test::Lines& sent) {
    const auto [a, b] = std::mismatch(seen.begin(), seen.end(), sent.begin(), sent.end());
    if (a == seen.end() && b == sent.end()) return "";
    return "line " + std::to_string(a - seen.begin()) + ": " +
           (a == seen.end() ? "nothing" : a->substr(0, 40)) + " instead of " +
           (b == sent.end() ? "nothing" : b->substr(0, 40));
  }

  std::mt19937 random_;
  test::CountingRandom keys_;
  ConnectionOptions options_;
  Connection server_;
  Connection client_;
  Bytes to_server_;
  Bytes to_client_;
  test::Lines sent_by_client_;
  test::Lines sent_by_server_;
  test::Lines seen_by_server_;
  test::Lines seen_by_client_;
};

TEST_CASE("connection: client and server understand each other, whatever the cuts and fragments") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    Conversation(seed).run();
  }
}

}  // namespace
}  // namespace signaling::websocket
