// The native protocol: no input makes it read beyond its end, and what it passes on is JSON.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/require.hpp"
#include "signaling/protocols/json.hpp"
#include "signaling/text/json_scanner.hpp"

namespace {

using namespace signaling;
using namespace signaling::protocols;
using text::is_json;

// Whatever a client sends as data reaches the others as part of a message that is JSON.
void check_relay(Protocol& protocol, const Message& message) {
  require(message.payload.empty() || is_json(message.payload));
  std::vector<Frame> frames;
  protocol.encoder()->encode(event::Message{message, "sender"}, frames);
  require(frames.size() == 1 && is_json(frames[0].text_view()));
}

void check_protocol(std::string_view text) {
  static const Json factory;
  const auto protocol = factory.make();
  std::vector<Command> commands;
  protocol->decode({MessageKind::text, text}, commands);
  require(commands.size() == 1);
  if (const auto* send = std::get_if<command::Send>(&commands[0])) {
    require(!send->message.to.empty() || !send->message.room.empty());
    check_relay(*protocol, send->message);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // libFuzzer's own buffer may be larger than the input; a block of its size lets AddressSanitizer see the end.
  const std::vector<char> exact(data, data + size);
  const std::string_view text(exact.data(), exact.size());
  check_protocol(text);
  return 0;
}
