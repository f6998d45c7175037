#include <cstdlib>
#include <new>

#include "websocket/wire_script.hpp"

namespace {

// Bytes and blocks that this program holds or has taken; the tests look at differences only.
struct Heap {
  long blocks_held = 0;
  long blocks_taken = 0;
};

thread_local Heap heap;

void* take(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  ++heap.blocks_held;
  ++heap.blocks_taken;
  return memory;
}

void give_back(void* memory) noexcept {
  if (memory == nullptr) return;
  --heap.blocks_held;
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) { return take(size); }
void* operator new[](std::size_t size) { return take(size); }
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }

namespace signaling::websocket {
namespace {

using test::Bytes;
using test::client_frame;
using test::operator+;

// Reads and counts, without allocating itself.
int receive(Connection& connection, std::span<std::byte> bytes) {
  connection.receive(bytes);
  int events = 0;
  while (connection.poll_event()) ++events;
  return events;
}

TEST_CASE("connection memory: whole messages are delivered without an allocation") {
  Connection connection(Role::server);
  Bytes bytes = client_frame(0x81, std::string(1500, 'x')) + client_frame(0x82, std::string(70000, 'y')) +
                client_frame(0x8A, "pong");
  const long before = heap.blocks_taken;
  const int events = receive(connection, bytes);
  CHECK(heap.blocks_taken == before);
  CHECK(events == 3);
}

TEST_CASE("connection memory: an idle connection holds none") {
  Connection connection(Role::server);
  const Bytes message = client_frame(0x01, std::string(500, 'x')) + client_frame(0x89, "ping") +
                        client_frame(0x80, std::string(500, 'y'));
  for (std::size_t cut = 0; cut < message.size(); cut += 7) {
    const auto middle = message.begin() + static_cast<std::ptrdiff_t>(cut);
    Bytes first(message.begin(), middle);
    Bytes second(middle, message.end());
    const long before = heap.blocks_held;
    int events = receive(connection, first);
    if (cut != 0) CHECK(heap.blocks_held > before);
    events += receive(connection, second);
    connection.consume_output(connection.output().size());
    CHECK(heap.blocks_held == before);
    CHECK(events == 2);
  }
}

TEST_CASE("connection memory: without context takeover a compressing connection holds no dictionaries") {
  ConnectionOptions options;
  options.deflate = DeflateParameters{true, true, 15, 15};
  options.compress_from_bytes = 0;
  test::CountingRandom keys;
  options.random = &keys;
  Connection client(Role::client, options);
  Connection server(Role::server, options);
  Bytes up;
  CHECK(client.encode_message(MessageKind::binary, Bytes(1000),
                              up));  // makes what the thread's connections share
  const long before = heap.blocks_held;
  for (int i = 0; i < 3; ++i) {
    up.clear();
    CHECK(client.encode_message(MessageKind::binary, Bytes(1000), up));
    CHECK(receive(server, up) == 1);
    CHECK(heap.blocks_held == before);
  }
}

TEST_CASE("connection memory: what is only announced takes no memory") {
  ConnectionOptions options;
  options.max_message_bytes = 0;
  Connection connection(Role::server, options);
  Bytes bytes = test::hex("82 ff 00 00 7f ff ff ff ff ff 00 00 00 00 01");
  CHECK(receive(connection, bytes) == 0);
}

TEST_CASE("connection memory: it is small, and so is what it holds per ping") {
  CHECK(sizeof(Connection) <= 128);
  Connection connection(Role::server);
  Bytes ping = client_frame(0x89, "p");
  const Bytes original = ping;
  const long before = heap.blocks_held;
  for (int i = 0; i < 10000; ++i) {
    std::copy(original.begin(), original.end(), ping.begin());
    CHECK(receive(connection, ping) == 1);
  }
  CHECK(heap.blocks_held == before + 1);
}

}  // namespace
}  // namespace signaling::websocket
