#include "testing/transport_world.hpp"

#include <boost/asio/post.hpp>
#include <span>
#include <utility>

#include "testing/store_text.hpp"

namespace signaling::testing {
namespace {

Frame to_frame(MessageKind kind, std::string_view bytes) {
  return kind == MessageKind::text ? Frame::text(bytes) : Frame::binary(std::as_bytes(std::span(bytes)));
}

constexpr std::string_view plain_language = "plain";

// Any text, also if it is not JSON, which a payload must be.
class PlainEncoder final : public Encoder {
 public:
  void encode(const Event& event, std::vector<Frame>& frames) const override {
    if (const auto* message = std::get_if<event::Message>(&event)) {
      frames.push_back(to_frame(message->message.kind, message->message.original));
    }
  }
};

class PlainProtocol final : public Protocol {
 public:
  explicit PlainProtocol(std::shared_ptr<ClientLog> log) : log_(std::move(log)) {}
  std::string_view name() const noexcept override { return plain_language; }
  void decode(const MessageView& message, std::vector<Command>& commands) override {
    log_->note(message);
    if (message.bytes != "goodbye") return;
    commands.emplace_back(command::Reply{{Frame::text("farewell")}});
    commands.emplace_back(command::Goodbye{});
  }
  const std::shared_ptr<const Encoder>& encoder() const noexcept override {
    static const std::shared_ptr<const Encoder> shared = std::make_shared<PlainEncoder>();
    return shared;
  }

 private:
  std::shared_ptr<ClientLog> log_;
};

// Something to do on the executor, which must not be done any more when nobody waits for it.
struct Turn {
  std::mutex mutex;
  bool is_over = false;
};

class EndOfTurn {
 public:
  explicit EndOfTurn(Turn& turn) : turn_(turn) {}
  EndOfTurn(const EndOfTurn&) = delete;
  EndOfTurn& operator=(const EndOfTurn&) = delete;
  ~EndOfTurn() {
    const std::scoped_lock lock(turn_.mutex);
    turn_.is_over = true;
  }

 private:
  Turn& turn_;
};

std::string to_text(const std::vector<ClientMessage>& messages) {
  std::string text = std::to_string(messages.size()) + " messages";
  for (std::size_t i = 0; i < messages.size() && i < 5; ++i) {
    text += std::string(i == 0 ? ": " : ", ") +
            (messages[i].kind == MessageKind::text ? "text " : "binary ") + quote(messages[i].bytes);
  }
  return text;
}

}  // namespace

void ClientLog::connected(const std::shared_ptr<Peer>& peer) {
  const std::scoped_lock lock(mutex_);
  id_ = peer->id();
}

void ClientLog::disconnected(const Peer& /*peer*/, CloseReason /*reason*/) { ++ends_; }

void ClientLog::note(const MessageView& message) {
  if (!enter()) set_overlapped();
  {
    const std::scoped_lock lock(mutex_);
    messages_.push_back({message.kind, std::string(message.bytes)});
    threads_.push_back(std::this_thread::get_id());
  }
  exit();
}

std::string ClientLog::id() const {
  const std::scoped_lock lock(mutex_);
  return id_;
}

std::vector<ClientMessage> ClientLog::messages() const {
  const std::scoped_lock lock(mutex_);
  return messages_;
}

std::vector<std::thread::id> ClientLog::threads() const {
  const std::scoped_lock lock(mutex_);
  return threads_;
}

RouterOptions TransportWorld::options(const std::shared_ptr<ClientLog>& log) {
  RouterOptions options;
  options.policy = log;
  options.limits.max_outbound_bytes = 0;
  options.limits.messages_per_second = 0;
  return options;
}

void TransportWorld::connect() {
  fixture_.connect(router_, std::make_unique<PlainProtocol>(log_));
  run_until([&] { return !log_->id().empty(); }, "the client is connected");
}

std::shared_ptr<Peer> TransportWorld::peer() {
  auto peer = router_.find_peer(log_->id());
  require(peer != nullptr, "the connection ended too early");
  return peer;
}

SendResult TransportWorld::try_to_send(const ClientMessage& sent) {
  const std::string id = log_->id();
  Message message = Message::text({}, {.to = id});
  message.kind = sent.kind;
  message.language = plain_language;
  message.original = sent.bytes;
  return router_.send(message);
}

void TransportWorld::send(const ClientMessage& sent) {
  const SendResult result = try_to_send(sent);
  if (result.status == SendStatus::dropped)
    fail("a message was dropped: " + std::string(to_string(result.error)));
}

void TransportWorld::on_executor(const std::function<void(Transport&)>& function) {
  Transport* const transport = fixture_.transport();
  if (transport == nullptr) skip("the fixture does not show its transport");
  const auto turn = std::make_shared<Turn>();
  const EndOfTurn end(*turn);
  boost::asio::post(transport->executor(), [turn, transport, &function] {
    const std::scoped_lock lock(turn->mutex);
    if (turn->is_over) return;
    function(*transport);
    turn->is_over = true;
  });
  const auto is_over = [&turn = *turn] {
    const std::scoped_lock lock(turn.mutex);
    return turn.is_over;
  };
  run_until(is_over, "the transport's executor runs");
}

void TransportWorld::run_until(const std::function<bool()>& done, const std::string& what) {
  if (!done() && !fixture_.run_until(done, fixture_.patience())) fail("timed out waiting until " + what);
}

void TransportWorld::receive() {
  for (ClientMessage& message : fixture_.receive()) got_.push_back(std::move(message));
}

void TransportWorld::expect(const std::vector<ClientMessage>& messages) {
  const auto has_come = [&] {
    receive();
    return got_.size() >= messages.size();
  };
  const bool came = has_come() || fixture_.run_until(has_come, fixture_.patience());
  const auto got = std::exchange(got_, {});
  if (!came || got != messages) fail("the client got " + to_text(got) + ", expected " + to_text(messages));
}

void TransportWorld::expect_end() {
  run_until(
      [&] {
        receive();
        return fixture_.is_closed() && log_->ends() != 0;
      },
      "client and router have seen the end");
  receive();
  if (!got_.empty()) fail("the client also got " + to_text(got_));
  require(router_.find_peer(log_->id()) == nullptr, "the peer still exists");
}

}  // namespace signaling::testing
