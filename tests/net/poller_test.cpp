#include "net/poller.hpp"

#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <stdexcept>

#include "net/unique_fd.hpp"

using namespace signaling::net;

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
    if (throws) throw std::runtime_error("x");
  }

  int heard = 0;
  bool throws = false;

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
  first.throws = second.throws = true;
  first.tell();
  second.tell();
  CHECK_THROWS_AS(context.run_one(), std::runtime_error);
  CHECK_THROWS_AS(context.run_one(), std::runtime_error);
  CHECK(first.heard == 1);
  CHECK(second.heard == 1);
  first.throws = second.throws = false;
  context.poll();
  first.tell();
  context.run_one();
  CHECK(first.heard == 2);
  CHECK(second.heard == 1);
  poller->close();
  context.run();
}
