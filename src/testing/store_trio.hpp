#pragma once

#include <string>
#include <system_error>

#include "testing/store_world.hpp"

namespace signaling::testing {

inline const std::string room = "room";

/// Three nodes, the room's members a, b, c on one each, and a node without any.
struct Trio {
  explicit Trio(StoreWorld& w) : one(w.node()), two(w.node()), three(w.node()), outside(w.node()) {
    a = w.arrive(one, "a");
    b = w.arrive(two, "b");
    c = w.arrive(three, "c");
    w.join(one, room, a, 1);
    w.join(two, room, b, 2);
    w.join(three, room, c, 3);
    w.expect(one, {joined(room, 2, b), joined(room, 3, c)});
    w.expect(two, {joined(room, 3, c)});
  }
  StoreNode& one;
  StoreNode& two;
  StoreNode& three;
  StoreNode& outside;
  Someone a;
  Someone b;
  Someone c;
};

/// What one node tells the others was accepted; else the case fails.
inline void accept(std::error_code error) { require(!error, "not accepted: " + to_line(error)); }

}  // namespace signaling::testing
