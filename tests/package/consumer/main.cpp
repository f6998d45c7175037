// A host as a user would write it, on the installed headers alone: its own transport and wire language, a policy that
// refuses a join, and a local peer. Ends with 0 when a message went through.
#include <signaling/core/router.hpp>
#include <signaling/core/version.hpp>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

// One command: "join ROOM". Events come as words.
class Words final : public signaling::Protocol, public signaling::Encoder {
 public:
  std::string_view name() const noexcept override { return "words"; }
  void decode(const signaling::MessageView& message, std::vector<signaling::Command>& commands) override {
    commands.emplace_back(signaling::command::Join{message.bytes.substr(5), {}, {}});
  }
  const std::shared_ptr<const signaling::Encoder>& encoder() const noexcept override {
    static const std::shared_ptr<const signaling::Encoder> shared = std::make_shared<Words>();
    return shared;
  }
  void encode(const signaling::Event& event, std::vector<signaling::Frame>& frames) const override {
    if (const auto* message = std::get_if<signaling::event::Message>(&event)) {
      frames.push_back(signaling::Frame::text(message->envelope.payload));
    } else if (const auto* error = std::get_if<signaling::event::Error>(&event)) {
      frames.push_back(signaling::Frame::text(error->message));
    }
  }
};

class Pipe final : public signaling::Transport {
 public:
  explicit Pipe(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}
  boost::asio::any_io_executor executor() override { return executor_; }
  void write(std::span<const signaling::Frame> frames) override {
    for (const auto& frame : frames) {
      heard += std::string(frame.text_view()) + "\n";
      peer->written(frame.size());
    }
  }
  void close(signaling::CloseReason reason) override { peer->disconnected(reason); }

  std::shared_ptr<signaling::Peer> peer;
  std::string heard;

 private:
  boost::asio::any_io_executor executor_;
};

struct Door final : signaling::Policy {
  void authorize_join(const signaling::Peer& /*peer*/, const signaling::JoinAttempt& attempt,
                      signaling::Callback<void(signaling::Decision)> done) override {
    done(attempt.room == "closed" ? signaling::Decision::refuse("not today") : signaling::Decision::allow());
  }
};

int main() {
  boost::asio::io_context io(1);
  signaling::RouterOptions options;
  options.policy = std::make_shared<Door>();
  signaling::Router router(std::move(options));

  std::shared_ptr<signaling::Peer> host;
  signaling::LocalPeerOptions local;
  local.executor = io.get_executor();
  local.on_event = [&](const signaling::Event& event) {
    const auto* joined = std::get_if<signaling::event::PeerJoined>(&event);
    if (joined == nullptr) return;
    signaling::Envelope greeting;
    greeting.to = joined->peer.id;
    greeting.payload = "hello";
    if (host->send(greeting).status == signaling::SendStatus::dropped) host->close(signaling::CloseReason::internal);
  };
  host = router.connect_local(std::move(local));
  host->join("open");

  Pipe pipe(io.get_executor());
  pipe.peer = router.connect(pipe, std::make_unique<Words>(), {});
  for (const std::string_view line : {"join closed", "join open"}) {
    pipe.peer->receive({signaling::MessageKind::text, line});
  }
  io.poll();
  router.shut_down(std::chrono::seconds(0));
  io.restart();
  io.poll();
  return pipe.heard == "not today\nhello\n" && signaling::version().starts_with("0.") ? 0 : 1;
}
