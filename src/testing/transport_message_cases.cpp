// Messages of a connection, both ways.
#include <algorithm>
#include <string>

#include "testing/threads.hpp"
#include "testing/transport_cases.hpp"
#include "testing/transport_world.hpp"

namespace signaling::testing {
namespace {

using Messages = std::vector<ClientMessage>;

ClientMessage text(std::string bytes) { return {MessageKind::text, std::move(bytes)}; }

// Every length form of common framings, and what framings mistake for their own.
Messages odd_messages(const TransportFixture& fixture) {
  Messages messages;
  for (const std::size_t size : {0U, 1U, 2U, 125U, 126U, 127U, 1000U, 65535U, 65536U, 65537U, 200000U}) {
    std::string letters;
    std::string bytes;
    for (std::size_t i = 0; i < size; ++i) {
      letters += static_cast<char>('a' + i * i % 26);
      bytes += static_cast<char>((i * i + i / 256) % 256);
    }
    messages.push_back(text(std::move(letters)));
    messages.push_back({MessageKind::binary, std::move(bytes)});
  }
  for (const std::string_view odd : {"\r\n", "a\nb", " ", "\"", "{}", "\\n", "\x7F", "größer 😀", "\x1B[0m"}) {
    messages.push_back(text(std::string(odd)));
  }
  messages.push_back(text(std::string("a\0b", 3)));
  std::erase_if(messages, [&](const ClientMessage& message) { return !fixture.carries(message); });
  if (messages.empty()) skip("the transport carries none of the messages");
  return messages;
}

void to_client_untouched(TransportWorld& w) {
  const Messages messages = odd_messages(w.fixture());
  for (const ClientMessage& message : messages) w.send(message);
  w.expect(messages);
}

void from_client_untouched(TransportWorld& w) {
  const Messages messages = odd_messages(w.fixture());
  for (const ClientMessage& message : messages) w.fixture().send(message);
  w.run_until([&] { return w.log().messages().size() >= messages.size(); },
              "the client's messages have arrived");
  require(w.log().messages() == messages, "the client's messages did not arrive as sent");
}

void writes_in_order(TransportWorld& w) {
  Messages messages;
  for (int i = 0; i < 500; ++i) {
    messages.push_back(text(std::to_string(i)));
    w.send(messages.back());
    if (i % 50 == 0) w.expect(std::exchange(messages, {}));
  }
  w.expect(messages);
}

void large_batch(TransportWorld& w) {
  Messages messages;
  for (int i = 0; i < 20'000; ++i) messages.push_back(text("message " + std::to_string(i)));
  for (const ClientMessage& message : messages) w.send(message);
  w.expect(messages);
}

void both_ways_at_once(TransportWorld& w) {
  Messages messages;
  for (int i = 0; i < 200; ++i) {
    messages.push_back(text(std::to_string(i) + std::string(1000, 'x')));
    w.send(messages.back());
    w.fixture().send(messages.back());
  }
  w.expect(messages);
  w.run_until([&] { return w.log().messages().size() >= messages.size(); },
              "the client's messages have arrived");
  require(w.log().messages() == messages, "the client's messages did not arrive as sent");
}

void from_several_threads(TransportWorld& w) {
  constexpr int count = 300;
  constexpr int threads = 4;
  std::atomic<bool> dropped{false};
  {
    ThreadGroup senders;
    for (int sender = 0; sender < threads; ++sender) {
      senders.start([&w, &dropped, sender] {
        for (int i = 0; i < count; ++i) {
          const std::string bytes = std::to_string(sender) + " " + std::to_string(i);
          if (w.try_to_send(text(bytes)).status == SendStatus::dropped) dropped = true;
        }
      });
    }
  }
  require(!dropped, "a message was dropped");
  Messages got;
  const auto all = [&] {
    for (ClientMessage& message : w.fixture().receive()) got.push_back(std::move(message));
    return got.size() >= std::size_t{count * threads};
  };
  w.run_until(all, "all messages have arrived");
  std::vector<int> next(threads);
  for (const ClientMessage& message : got) {
    const std::size_t sender = std::stoul(message.bytes);
    require(message == text(std::to_string(sender) + " " + std::to_string(next.at(sender)++)),
            "messages of one thread arrived out of order");
  }
}

void written_is_reported(TransportWorld& w) {
  Messages messages;
  for (int i = 0; i < 100; ++i)
    messages.push_back(text(std::string(static_cast<std::size_t>(i) * 100, 'x') + "."));
  for (const ClientMessage& message : messages) w.send(message);
  w.expect(messages);
  w.run_until([&] { return w.peer()->outbound_bytes() == 0; }, "all bytes are reported as written");
  w.send(text("once more"));
  w.expect({text("once more")});
  w.run_until([&] { return w.peer()->outbound_bytes() == 0; },
              "all bytes are reported as written, and no more");
}

// More than the system's buffers hold.
void written_is_not_reported_early(TransportWorld& w) {
  if (!w.fixture().stop_reading()) skip("the fixture's client cannot stop reading");
  const ClientMessage large = text(std::string(200'000, 'x'));
  constexpr std::size_t count = 200;
  for (std::size_t i = 0; i < count; ++i) w.send(large);
  const auto peer = w.peer();
  // What leaves now goes into buffers. A message of the client shows that the transport has had its turn.
  for (int turn = 1; turn <= 5; ++turn) {
    w.fixture().send(text("turn"));
    w.run_until([&] { return w.log().messages().size() >= std::size_t(turn); },
                "the router receives the client's message although the client does not read");
  }
  require(peer->outbound_bytes() != 0, "bytes were reported as written before the client took them");
  w.fixture().start_reading();
  w.expect(Messages(count, large));
  w.run_until([&] { return peer->outbound_bytes() == 0; }, "all bytes are reported as written");
}

}  // namespace

void add_message_cases(TransportCases& cases) {
  cases.insert(
      cases.end(),
      {{"to_client_untouched", "Written messages reach the client whole, byte for byte, text as text.",
        to_client_untouched},
       {"from_client_untouched", "The client's messages arrive whole, byte for byte, in order.",
        from_client_untouched},
       {"writes_in_order", "Messages arrive in the order of writing.", writes_in_order},
       {"large_batch", "A batch of 20,000 frames arrives.", large_batch},
       {"both_ways_at_once", "Messages in both directions do not disturb each other.", both_ways_at_once},
       {"from_several_threads", "Messages that several threads send at once arrive, each thread's in order.",
        from_several_threads},
       {"written_is_reported", "Exactly the bytes that have left are reported as written.",
        written_is_reported},
       {"written_is_not_reported_early",
        "Bytes that wait for a client that does not read are not reported as written.",
        written_is_not_reported_early}});
}

}  // namespace signaling::testing
