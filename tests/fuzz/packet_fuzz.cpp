// Socket.IO packets and connections: no input makes them read beyond its end, and every namespace that was asked for ends
// exactly once.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "fuzz/require.hpp"
#include "signaling/socketio/connection.hpp"
#include "signaling/text/json_scanner.hpp"

namespace {

using namespace signaling;
using namespace signaling::socketio;

// What is read, written and read again is the same.
void check_packet(std::string_view text) {
  PacketDecoder decoder;
  Packet packet;
  if (decoder.decode(text, packet) != PacketError::none) return;
  require(packet.payload.empty() || text::is_json(packet.payload));
  for (const std::string_view argument : packet.values.arguments) require(text::is_json(argument));
  require(text::is_json("[" + std::string(packet.values.arguments_text) + "]"));
  require(packet.header.attachments <= PacketLimits().max_attachments);

  const Frame frame = encode_packet(packet.header, packet.payload);
  require(frame.text_view()[0] == '4');
  PacketDecoder other;
  Packet again;
  require(other.decode(frame.text_view().substr(1), again) == PacketError::none);
  require(again.header.type == packet.header.type && again.header.nsp == packet.header.nsp);
  require(again.header.id == packet.header.id && again.header.attachments == packet.header.attachments);
  require(again.payload == packet.payload && again.values.name == packet.values.name);
  require(std::equal(again.values.arguments.begin(), again.values.arguments.end(),
                     packet.values.arguments.begin(), packet.values.arguments.end()));
}

// A host that decides on namespaces by their names, some at once and some at the end.
class Host {
 public:
  Host() : connection_(options(), TimePoint()) {}

  void receive(MessageKind kind, std::string_view bytes) {
    const std::vector<char> exact(bytes.begin(), bytes.end());
    connection_.receive({kind, {exact.data(), exact.size()}});
    settle();
  }

  void decide() {
    while (!waiting_.empty()) {
      const std::string nsp = waiting_.extract(waiting_.begin()).value();
      require(connection_.accept(nsp, "id"));
      settle();  // may close others that wait
    }
  }

  void end() {
    connection_.receive_end(CloseReason::lost);
    settle();
    require(ended_ && open_.empty());
  }

  void operator()(const connection_event::NamespaceRequested& event) {
    const std::string nsp(event.nsp);
    require(open_.insert(nsp).second && (event.auth.empty() || text::is_json(event.auth)));
    if (nsp.size() % 3 == 0) {
      waiting_.insert(nsp);
    } else if (nsp.size() % 3 == 1) {
      require(connection_.accept(nsp, "id"));
    } else {
      require(connection_.refuse(nsp, "no"));
      open_.erase(nsp);
    }
  }
  void operator()(const connection_event::EventReceived& event) {
    require(open_.contains(std::string(event.nsp)) && !waiting_.contains(std::string(event.nsp)));
    if (event.values.name == "kick") require(connection_.disconnect(event.nsp, CloseReason::kicked));
    if (event.values.name == "close") connection_.close(CloseReason::kicked);
  }
  void operator()(const connection_event::AckReceived& event) {
    require(open_.contains(std::string(event.nsp)));
  }
  void operator()(const connection_event::NamespaceClosed& event) {
    require(open_.erase(std::string(event.nsp)) == 1);
    waiting_.erase(std::string(event.nsp));
  }
  void operator()(const connection_event::ConnectionClosed&) { require(!std::exchange(ended_, true)); }

 private:
  static const ConnectionOptions& options() {
    static const ConnectionOptions options = [] {
      ConnectionOptions tight;
      tight.max_namespaces = 4;
      tight.max_attachment_bytes = 50;
      tight.max_held_bytes = 500;
      return tight;
    }();
    return options;
  }

  void settle() {
    while (const auto event = connection_.poll_event()) {
      require(!ended_);
      std::visit(*this, *event);
    }
    std::vector<Frame> frames;
    while (connection_.take_output(frames)) continue;
    for (const Frame& frame : frames) require(frame.text_view().starts_with('4'));
    if (connection_.poll_close()) require(open_.empty());
  }

  Connection connection_;
  std::set<std::string> open_;
  std::set<std::string> waiting_;
  bool ended_ = false;
};

// Messages are separated by 0xFF, which no text holds; one that begins with 0xFE is binary, a 0xFD decides.
void check_connection(std::string_view input) {
  Host host;
  while (!input.empty()) {
    const std::size_t size = std::min(input.find('\xFF'), input.size());
    const std::string_view message = input.substr(0, size);
    input.remove_prefix(std::min(size + 1, input.size()));
    if (message == "\xFD") {
      host.decide();
    } else if (message.starts_with('\xFE')) {
      host.receive(MessageKind::binary, message.substr(1));
    } else {
      host.receive(MessageKind::text, message);
    }
  }
  host.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> exact(data, data + size);
  check_packet({exact.data(), exact.size()});
  check_connection({exact.data(), exact.size()});
  return 0;
}
