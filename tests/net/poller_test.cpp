#include "net/poller.hpp"

#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <stdexcept>

#include "net/unique_fd.hpp"
#include "support/script_world.hpp"

using namespace signaling::net;
using namespace signaling::testing;

namespace {

/// Readable once for each `tell`.
class Bell final : public Pollable {
 public:
  explicit Bell(Poller& poller) : poller_(poller), fd_(::eventfd(0, EFD_NONBLOCK)) {
    REQUIRE(poller.add(fd_.get(), *this, EPOLLIN | EPOLLET));
  }
  ~Bell() { poller_.remove(fd_.get(), *this); }
  void tell() {
    const std::uint64_t one = 1;
    REQUIRE(::write(fd_.get(), &one, sizeof one) == sizeof one);
  }
  void on_ready(std::uint32_t) override {
    ++heard;
    if (act) act();
  }

  int heard = 0;
  std::function<void()> act;

 private:
  Poller& poller_;
  UniqueFd fd_;
};

}  // namespace

TEST_CASE("poller: after an exception the other events of its batch come, and later ones") {
  boost::asio::io_context context(1);
  const auto poller = std::make_shared<Poller>(context.get_executor());
  poller->start();
  Bell first(*poller);
  Bell second(*poller);
  first.act = second.act = [] { throw std::runtime_error("x"); };
  first.tell();
  second.tell();
  CHECK_THROWS_AS(context.run_one(), std::runtime_error);
  CHECK_THROWS_AS(context.run_one(), std::runtime_error);
  CHECK(first.heard == 1);
  CHECK(second.heard == 1);
  first.act = second.act = nullptr;
  context.poll();
  first.tell();
  context.run_one();
  CHECK(first.heard == 2);
  CHECK(second.heard == 1);
  poller->close();
  context.run();
}

TEST_CASE("poller: what a batch causes is written together, but before too much more is read") {
  for (const std::size_t read : {100U, 1024U * 1024U}) {
    ScriptWorld world;
    const auto a = world.client("a");
    const auto b = world.client("b");
    a->say("join r");
    b->say("join r");
    world.run();
    b->heard();
    const auto poller = std::make_shared<Poller>(world.io.get_executor());
    poller->start();
    Bell first(*poller);
    Bell second(*poller);
    first.act = [&] {
      a->say("send b one");
      poller->count_read(read);
    };
    Lines before_second;
    second.act = [&] { before_second = b->heard(); };
    first.tell();
    second.tell();
    world.io.restart();
    world.io.run_one();
    CHECK(before_second == (read > 100 ? Lines{"msg a one"} : Lines{}));
    CHECK(b->heard() == (read > 100 ? Lines{} : Lines{"msg a one"}));
    poller->close();
    world.run();
  }
}
