#include "signaling/core/json_frame.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace signaling;

TEST_CASE("JSON frame: what was written is the message, which is text") {
  JsonFrame out(8);
  out.raw("{").string("a").raw(":").number(7);
  const std::string long_text(1000, 'x');
  out.raw(",\"b\":").string(long_text).raw("}");
  const Frame frame = out.finish();
  CHECK(frame.kind() == MessageKind::text);
  CHECK(frame.text_view() == R"({"a":7,"b":")" + long_text + "\"}");
}
