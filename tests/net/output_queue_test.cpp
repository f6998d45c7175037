#include "net/output_queue.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <vector>

using namespace signaling;
using namespace signaling::net;

namespace {

struct SocketPair {
  SocketPair() {
    std::array<int, 2> fds{};
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data());
    ours = UniqueFd(fds[0]);
    theirs = UniqueFd(fds[1]);
    const int small = 4096;
    ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  }
  std::string receive() const {
    std::string bytes(1 << 20, '\0');
    const ssize_t count = ::recv(theirs.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  UniqueFd ours;
  UniqueFd theirs;
};

std::string wire(const Frame& frame) {
  return {reinterpret_cast<const char*>(frame.wire().data()), frame.wire().size()};
}

}  // namespace

TEST_CASE("gather: small pieces become one, large ones are pointed at, in order") {
  std::array<std::byte, 16384> scratch{};
  const std::vector<std::byte> small(100, std::byte{1});
  const std::vector<std::byte> large(10'000, std::byte{2});
  Gather gather(scratch, false);
  for (const auto& piece : {&small, &small, &large, &small, &small}) CHECK(gather.add(*piece));
  REQUIRE(gather.pieces().size() == 3);
  CHECK(gather.pieces()[0].iov_len == 200);
  CHECK(gather.pieces()[1].iov_base == large.data());
  CHECK(gather.pieces()[2].iov_len == 200);
  CHECK(gather.bytes() == 10'400);
}

TEST_CASE("gather: for TLS everything is one piece of at most one record") {
  std::array<std::byte, 65536> scratch{};
  const std::vector<std::byte> piece(10'000, std::byte{1});
  Gather gather(scratch, true);
  CHECK(gather.add(piece));
  CHECK_FALSE(gather.add(piece));
  REQUIRE(gather.pieces().size() == 1);
  CHECK(gather.bytes() == Channel::tls_record_size);

  const std::vector<std::byte> huge(100'000, std::byte{1});
  Gather direct(scratch, true);
  CHECK_FALSE(direct.add(huge));
  CHECK(direct.pieces()[0].iov_base == huge.data());
  CHECK(direct.bytes() == Channel::tls_record_size);
}

TEST_CASE(
    "output queue: a socket that takes only parts gets all bytes once and in order, and each message is "
    "counted") {
  SocketPair sockets;
  Channel channel(std::move(sockets.ours));
  std::vector<std::byte> scratch(65536);
  std::vector<Frame> frames;
  std::string expected;
  std::size_t message_bytes = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    frames.push_back(Frame::text(std::string((i * 37) % 9000 + 1, static_cast<char>('a' + i % 26))));
    expected += wire(frames.back());
    message_bytes += frames.back().size();
  }
  const WriteProgress first = write_all(channel, scratch, frames, 0);
  CHECK(first.status == IoStatus::would_block);
  REQUIRE(first.items < frames.size());
  OutputQueue queue;
  queue.push(std::span<const Frame>(frames).subspan(first.items), first.offset);
  const std::string tail = "the end";
  queue.push(std::as_bytes(std::span(tail)), 7);
  expected += tail;
  std::size_t counted = first.message_bytes;
  std::string received;
  while (!queue.empty()) {
    received += sockets.receive();
    const WriteProgress progress = queue.write(channel, scratch);
    REQUIRE((progress.status == IoStatus::ok || progress.status == IoStatus::would_block));
    counted += progress.message_bytes;
  }
  for (std::string more = sockets.receive(); !more.empty(); more = sockets.receive()) received += more;
  CHECK(received == expected);
  CHECK(counted == message_bytes + 7);
}

TEST_CASE("output queue: of a message that is written in part, that part is counted") {
  SocketPair sockets;
  Channel channel(std::move(sockets.ours));
  std::vector<std::byte> scratch(65536);
  const std::vector<Frame> frames{Frame::text(std::string(50'000'000, 'x'))};
  const WriteProgress first = write_all(channel, scratch, frames, 0);
  REQUIRE(first.status == IoStatus::would_block);
  CHECK(first.message_bytes == first.offset);
  OutputQueue queue;
  queue.push(frames, first.offset);
  std::size_t counted = first.message_bytes;
  while (!queue.empty()) {
    REQUIRE_FALSE(sockets.receive().empty());
    const std::size_t more = queue.write(channel, scratch).message_bytes;
    CHECK(more > 0);
    counted += more;
  }
  CHECK(counted == frames[0].size());
}

TEST_CASE("output queue: what goes first goes ahead of all but what the socket may have taken a part of") {
  SocketPair sockets;
  Channel channel(std::move(sockets.ours));
  std::vector<std::byte> scratch(65536);
  const std::string record(Channel::tls_record_size, 'a');
  const std::vector<Frame> frames{Frame::text("a"), Frame::text(record), Frame::text("b"), Frame::text("c")};
  OutputQueue queue;
  queue.push(frames, 1);
  queue.push_first(Frame::text("ping"));
  std::string received;
  while (!queue.empty()) {
    queue.write(channel, scratch);
    received += sockets.receive();
  }
  const std::string expected = wire(frames[0]).substr(1) + wire(frames[1]) + wire(Frame::text("ping")) +
                               wire(frames[2]) + wire(frames[3]);
  CHECK(received == expected);
}

TEST_CASE("output queue: a closed socket is a status, not a signal") {
  SocketPair sockets;
  Channel channel(std::move(sockets.ours));
  sockets.theirs.reset();
  std::vector<std::byte> scratch(65536);
  const Frame frame = Frame::text("x");
  CHECK(write_all(channel, scratch, std::span(&frame, 1), 0).status == IoStatus::failed);
}
