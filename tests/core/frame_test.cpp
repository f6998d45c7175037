#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "signaling/core/frame.hpp"

using namespace signaling;

namespace {

std::vector<unsigned> header(const Frame& frame) {
  std::vector<unsigned> bytes;
  const auto wire = frame.wire();
  for (std::size_t i = 0; i + frame.size() < wire.size(); ++i)
    bytes.push_back(std::to_integer<unsigned>(wire[i]));
  return bytes;
}

}  // namespace

TEST_CASE("frame: the header in front has the length in its shortest form (RFC 6455 5.2)") {
  using Bytes = std::vector<unsigned>;
  CHECK(header(Frame::text("")) == Bytes{0x81, 0});
  CHECK(header(Frame::text(std::string(125, 'x'))) == Bytes{0x81, 125});
  CHECK(header(Frame::text(std::string(126, 'x'))) == Bytes{0x81, 126, 0, 126});
  CHECK(header(Frame::text(std::string(65535, 'x'))) == Bytes{0x81, 126, 0xFF, 0xFF});
  CHECK(header(Frame::text(std::string(65536, 'x'))) == Bytes{0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0});
  CHECK(header(Frame::binary(std::vector<std::byte>(3)))[0] == 0x82);
}

TEST_CASE("frame: wire() ends with message()") {
  const Frame frame = Frame::text("hello");
  CHECK(frame.text_view() == "hello");
  CHECK(frame.wire().subspan(2).data() == frame.message().data());
  CHECK(frame.wire().size() == 7);
}

TEST_CASE("frame: copies share the bytes, which live as long as the last copy") {
  Frame copy;
  {
    const Frame frame = Frame::text("shared");
    copy = frame;
    CHECK(copy.message().data() == frame.message().data());
  }
  CHECK(copy.text_view() == "shared");
  const Frame moved = std::move(copy);
  CHECK(moved.text_view() == "shared");
}

TEST_CASE("frame: an empty frame has no bytes") {
  const Frame frame;
  CHECK(!frame);
  CHECK(frame.size() == 0);
  CHECK(frame.wire().empty());
}

TEST_CASE("frame builder: grows over its expected size and keeps what it has") {
  FrameBuilder builder(1);
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    builder.append(std::to_string(i)).append(',');
    expected += std::to_string(i) + ",";
  }
  CHECK(builder.size() == expected.size());
  CHECK(builder.finish(MessageKind::text).text_view() == expected);
}

TEST_CASE("frame: blocks that die on another thread than they were born on are neither lost nor doubled") {
  std::vector<Frame> frames;
  for (int i = 0; i < 1000; ++i) frames.push_back(Frame::text(std::to_string(i)));
  const std::vector<Frame> copies = frames;
  std::thread other([frames = std::move(frames)]() mutable {
    for (int i = 0; i < 1000; ++i)
      CHECK(frames[static_cast<std::size_t>(i)].text_view() == std::to_string(i));
    frames.clear();
    for (int i = 0; i < 200; ++i) frames.push_back(Frame::text("other"));
  });
  for (int i = 0; i < 1000; ++i) CHECK(copies[static_cast<std::size_t>(i)].text_view() == std::to_string(i));
  other.join();
}
