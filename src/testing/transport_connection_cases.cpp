// The end of a connection, and where it lives.
#include <boost/asio/post.hpp>
#include <string>
#include <thread>

#include "testing/transport_cases.hpp"
#include "testing/transport_world.hpp"

namespace signaling::testing {
namespace {

using Messages = std::vector<ClientMessage>;

ClientMessage text(std::string bytes) { return {MessageKind::text, std::move(bytes)}; }

Messages send_some(TransportWorld& w, int count, std::size_t size) {
  Messages messages;
  for (int i = 0; i < count; ++i) {
    messages.push_back(text(std::to_string(i) + std::string(size, '.')));
    w.send(messages.back());
  }
  return messages;
}

void close_after_written(TransportWorld& w) {
  const Messages messages = send_some(w, 100, 10'000);
  w.peer()->close(CloseReason::normal);
  w.expect(messages);
  w.expect_end();
}

void close_when_idle(TransportWorld& w) {
  w.expect(send_some(w, 3, 10));
  w.peer()->close(CloseReason::kicked);
  w.expect_end();
}

void close_waits_for_reader(TransportWorld& w) {
  if (!w.fixture().stop_reading()) skip("the fixture's client cannot stop reading");
  const Messages messages = send_some(w, 100, 100'000);
  w.peer()->close(CloseReason::normal);
  w.run_until([&] { return w.log().ends() != 0; }, "the router closes the connection");
  w.fixture().start_reading();
  w.expect(messages);
  w.expect_end();
}

void close_twice(TransportWorld& w) {
  if (!w.fixture().stop_reading()) skip("the fixture's client cannot stop reading");
  const Messages messages = send_some(w, 100, 100'000);
  w.on_executor([](Transport&) {});  // they are written
  w.on_executor([&w](Transport& transport) {
    transport.close(CloseReason::normal);
    // The transport may be gone once the router was told.
    if (w.log().ends() == 0) transport.close(CloseReason::internal);
  });
  w.fixture().start_reading();
  w.expect(messages);
  w.expect_end();
}

// The end comes out of the call that brought the message.
void close_while_receiving(TransportWorld& w) {
  w.fixture().send(text("goodbye"));
  w.expect({text("farewell")});
  w.expect_end();
}

// What is on its way in when the end comes finds nobody.
void close_while_client_talks(TransportWorld& w) {
  for (int i = 0; i < 50; ++i) w.fixture().send(text(std::to_string(i)));
  w.run_until([&] { return !w.log().messages().empty(); }, "the router has received the client's message");
  w.peer()->close(CloseReason::normal);
  w.expect_end();
}

void messages_behind_the_last(TransportWorld& w) {
  for (const char* const bytes : {"goodbye", "too late", "goodbye", "much too late"})
    w.fixture().send(text(bytes));
  w.expect({text("farewell")});
  w.expect_end();
}

void client_goes(TransportWorld& w) {
  w.expect(send_some(w, 3, 10));
  w.fixture().disconnect();
  w.run_until([&] { return w.log().ends() != 0; }, "the router is notified that the client has disconnected");
}

void client_goes_with_queue(TransportWorld& w) {
  if (!w.fixture().stop_reading()) skip("the fixture's client cannot stop reading");
  send_some(w, 100, 100'000);
  w.fixture().disconnect();
  w.run_until([&] { return w.log().ends() != 0; }, "the router is notified that the client has disconnected");
}

// A client that has spoken and goes at once has been heard.
void last_words(TransportWorld& w) {
  w.fixture().send(text("first"));
  w.run_until([&] { return w.log().messages().size() == 1; }, "the router has received the client's message");
  w.fixture().send(text("last"));
  w.run_until([&] { return w.log().messages().size() == 2; }, "the router has received the client's message");
  w.fixture().disconnect();
  w.run_until([&] { return w.log().ends() != 0; }, "the router is notified that the client has disconnected");
}

void router_shuts_down(TransportWorld& w) {
  const Messages messages = send_some(w, 10, 1000);
  w.router().shut_down(std::chrono::seconds(1));
  w.expect(messages);
  w.expect_end();
}

void one_executor(TransportWorld& w) {
  Transport* const transport = w.fixture().transport();
  if (transport == nullptr) skip("the fixture does not show its transport");
  const auto executor = transport->executor();
  bool same = false;
  std::thread([&] { same = transport->executor() == executor; }).join();
  require(same && transport->executor() == executor, "the transport returned two executors");
}

void calls_on_executor(TransportWorld& w) {
  constexpr std::size_t count = 200;
  std::thread::id first;
  bool one_thread = true;
  for (std::size_t i = 0; i < count; ++i) {
    w.fixture().send(text(std::to_string(i)));
    w.on_executor([&](Transport&) {
      if (!w.log().enter()) w.log().set_overlapped();
      const auto self = std::this_thread::get_id();
      if (i == 0) first = self;
      one_thread = one_thread && self == first;
      w.log().exit();
    });
  }
  w.run_until([&] { return w.log().messages().size() == count; }, "the client's messages have arrived");
  require(!w.log().overlapped(), "the peer was called while another function ran on its executor");
  for (const auto thread : w.log().threads()) {
    require(!one_thread || thread == first, "the peer was called by a thread other than its executor's");
  }
}

}  // namespace

void add_connection_cases(TransportCases& cases) {
  cases.insert(
      cases.end(),
      {{"close_after_written", "A close comes after everything that was written before it.",
        close_after_written},
       {"close_when_idle", "A connection without traffic closes at once.", close_when_idle},
       {"close_waits_for_reader", "A close waits for a client that is behind.", close_waits_for_reader},
       {"close_twice", "A second close changes nothing.", close_twice},
       {"close_while_receiving", "A message may cause its connection to close.", close_while_receiving},
       {"close_while_client_talks", "A connection may end while further messages arrive.",
        close_while_client_talks},
       {"messages_behind_the_last", "Messages after the last one do no harm.", messages_behind_the_last},
       {"client_goes", "The router is notified when a client disconnects.", client_goes},
       {"client_goes_with_queue",
        "The router is notified when a client disconnects and leaves messages unread.",
        client_goes_with_queue},
       {"last_words", "Messages that a client sent before it disconnected arrive.", last_words},
       {"router_shuts_down", "When the router shuts down, waiting messages are still written.",
        router_shuts_down},
       {"one_executor", "The transport returns one executor during its whole lifetime, on any thread.",
        one_executor},
       {"calls_on_executor", "The peer is called only on the transport's executor.", calls_on_executor}});
}

}  // namespace signaling::testing
