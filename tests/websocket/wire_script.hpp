#pragma once

#include <doctest/doctest.h>

#include "websocket/wire.hpp"

namespace signaling::websocket::test {

/// Bytes in, events and bytes out. The input is replayed whole, cut at every byte, and byte by byte: what
/// happens must not depend on the cuts.
struct WireScript {
  ConnectionOptions options = {};
  Bytes input;
  Lines events;
  Bytes output = {};
  Role role = Role::server;
};

inline void play(const WireScript& script, const std::vector<std::size_t>& piece_sizes) {
  CountingRandom random;
  ConnectionOptions options = script.options;
  if (script.role == Role::client) options.random = &random;
  Connection connection(script.role, options);
  Lines events;
  auto at = script.input.begin();
  for (const std::size_t size : piece_sizes) {
    receive(connection, Bytes(at, at + static_cast<std::ptrdiff_t>(size)), events);
    at += static_cast<std::ptrdiff_t>(size);
  }
  CHECK(to_block(events) == to_block(script.events));
  CHECK(to_hex(take_output(connection)) == to_hex(script.output));
}

inline void replay(const WireScript& script) {
  const std::size_t size = script.input.size();
  play(script, {size});
  for (std::size_t cut = 1; cut < size; ++cut) {
    INFO("cut at " << cut);
    play(script, {cut, size - cut});
  }
  INFO("byte by byte");
  play(script, std::vector<std::size_t>(size, 1));
}

}  // namespace signaling::websocket::test
