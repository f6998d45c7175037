#include "core/local_peer.hpp"

#include <boost/asio/post.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "core/event_codec.hpp"
#include "core/peer_session.hpp"

namespace signaling {
namespace {

// An event without a name is for a language, and local peers have none.
bool is_foreign(const Event& event) noexcept {
  const auto* message = std::get_if<event::Message>(&event);
  return message != nullptr && message->envelope.type == EnvelopeType::event &&
         message->envelope.event.empty();
}

class LocalEncoder final : public Encoder {
 public:
  void encode(const Event& event, std::vector<Frame>& frames) const override {
    if (!is_foreign(event)) frames.push_back(pack(event));
  }
};

// A local peer calls the router itself, so there is nothing to decode.
class LocalProtocol final : public Protocol {
 public:
  std::string_view name() const noexcept override { return "local"; }
  void decode(const MessageView& /*message*/, std::vector<Command>& commands) override {
    commands.emplace_back(command::Invalid{errc::unknown_type, {}, {}});
  }
  const std::shared_ptr<const Encoder>& encoder() const noexcept override {
    static const std::shared_ptr<const Encoder> shared = std::make_shared<LocalEncoder>();
    return shared;
  }
};

class LocalTransport final : public Transport {
 public:
  explicit LocalTransport(LocalPeerOptions options) : options_(std::move(options)) {}

  void attach(PeerSession& peer) noexcept { peer_ = &peer; }
  boost::asio::any_io_executor executor() override { return options_.executor; }

  // An exception of the host's function must not cost the events behind it: it leaves the executor when they are told.
  void write(std::span<const Frame> frames) override {
    for (const Frame& frame : frames) {
      try {
        peer_->written(frame.size());
        const Event event = unpack(frame, members_);
        if (options_.on_event) options_.on_event(event);
      } catch (...) {
        boost::asio::post(options_.executor,
                          [failure = std::current_exception()] { std::rethrow_exception(failure); });
      }
    }
  }

  void close(CloseReason reason) override {
    peer_->disconnected(reason);
    if (options_.on_closed) options_.on_closed(reason);
  }

 private:
  LocalPeerOptions options_;
  PeerSession* peer_ = nullptr;  // owns this
  std::vector<MemberView> members_;
};

}  // namespace

std::shared_ptr<PeerSession> make_local_peer(const std::shared_ptr<RouterCore>& core,
                                             LocalPeerOptions options) {
  PeerId id = std::move(options.id);
  Identity identity = std::move(options.identity);
  auto transport = std::make_unique<LocalTransport>(std::move(options));
  auto peer =
      std::make_shared<PeerSession>(core, *transport, std::make_unique<LocalProtocol>(), PeerOrigin::local);
  transport->attach(*peer);
  peer->admit_local(std::move(id), std::move(identity), std::move(transport));
  return peer;
}

}  // namespace signaling
