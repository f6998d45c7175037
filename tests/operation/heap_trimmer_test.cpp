#include "signaling/operation/heap_trimmer.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <optional>

using signaling::operation::HeapTrimmer;

TEST_CASE("heap trimmer: from start to stop it keeps its executor busy") {
  boost::asio::io_context io(1);
  HeapTrimmer trimmer(io.get_executor());
  CHECK(io.run() == 0);
  trimmer.start();
  io.restart();
  bool stopped = false;
  boost::asio::post(io, [&] {
    trimmer.stop();
    stopped = true;
  });
  io.run();  // returns
  CHECK(stopped);
}

TEST_CASE("heap trimmer: it may end while it waits") {
  boost::asio::io_context io(1);
  std::optional<HeapTrimmer> trimmer(std::in_place, io.get_executor());
  trimmer->start();
  trimmer.reset();
  io.run();  // returns
}
