// The JSON scanner and the native protocol: no input makes them read beyond its end or contradict themselves.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/require.hpp"
#include "protocols/json_scanner.hpp"
#include "protocols/json_writer.hpp"
#include "signaling/protocols/json_protocol.hpp"

namespace {

using namespace signaling;
using namespace signaling::protocols;

constexpr std::size_t depth = 32;

bool is_json(std::string_view text) {
  JsonValue value;
  return JsonScanner(text, 0).read_text(value);
}

bool is_inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

// Read member by member or as a whole, an object is the same, and each part is JSON by itself.
void check_scanner(std::string_view text) {
  JsonValue whole;
  const bool valid = JsonScanner(text, depth).read_text(whole);
  JsonScanner members(text, depth);
  JsonMember member;
  auto step = members.next_member(member);
  for (; step == JsonScanner::Step::member; step = members.next_member(member)) {
    require(is_inside(member.name.text, text) && is_json(member.name.text));
    require(is_inside(member.value.text, text) && is_json(member.value.text));
  }
  require((step == JsonScanner::Step::end) == (valid && whole.kind == JsonKind::object));
}

// Whatever a client sends as data reaches the others as part of a message that is JSON.
void check_relay(Protocol& protocol, const Envelope& envelope) {
  require(envelope.payload.empty() || is_json(envelope.payload));
  std::vector<Frame> frames;
  protocol.encoder()->encode(event::Message{envelope}, frames);
  require(frames.size() == 1 && is_json(frames[0].text_view()));
}

void check_protocol(std::string_view text) {
  static const JsonProtocolFactory factory;
  const auto protocol = factory.make();
  std::vector<Command> commands;
  protocol->decode({MessageKind::text, text}, commands);
  require(commands.size() == 1);
  if (const auto* send = std::get_if<command::Send>(&commands[0])) {
    require(!send->envelope.to.empty() || !send->envelope.room.empty());
    check_relay(*protocol, send->envelope);
  }
}

// Any bytes make a JSON string.
void check_writer(std::string_view bytes) {
  require(is_json(JsonWriter(0).string(bytes).finish().text_view()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // libFuzzer's own buffer may be larger than the input; a block of its size lets AddressSanitizer see the end.
  const std::vector<char> exact(data, data + size);
  const std::string_view text(exact.data(), exact.size());
  check_scanner(text);
  check_protocol(text);
  check_writer(text);
  return 0;
}
