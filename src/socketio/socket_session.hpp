#pragma once

#include <any>
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/clock.hpp"
#include "signaling/core/link.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/socketio/packet.hpp"
#include "signaling/socketio/socket.hpp"

namespace signaling::socketio {

class ServedNamespace;
struct Note;

/// States: checked by middleware -> connected -> leaving (it is told to its handlers, and no event any more)
/// -> over.
class SocketSession final : public Socket, public std::enable_shared_from_this<SocketSession> {
 public:
  SocketSession(ServedNamespace& nsp, Handshake handshake, boost::asio::any_io_executor executor);

  const PeerId& id() const noexcept override { return peer_->id(); }
  const Handshake& handshake() const noexcept override { return handshake_; }
  Namespace& nsp() noexcept override;
  Peer& peer() noexcept override { return *peer_; }
  boost::asio::any_io_executor executor() const override { return executor_; }
  bool connected() const noexcept override { return connected_ && !disconnecting_; }
  std::any& data() noexcept override { return data_; }

  void on(std::string_view event, EventHandler handler) override;
  void on_any(AnyEventHandler handler) override;
  void off(std::string_view event) override;
  void on_disconnecting(DisconnectHandler handler) override;
  void on_disconnect(DisconnectHandler handler) override;
  EmitResult emit(std::string_view event, const Arguments& arguments) override;
  void leave(std::string_view room) override;
  std::vector<std::string> rooms() const override;
  Broadcast to(std::string_view room) override;
  Broadcast except(std::string_view room) override;
  Broadcast broadcast() override;
  void disconnect(Disconnect what) override;

  // For its transport. `attach` first, when the peer is admitted.
  void attach(std::shared_ptr<Peer> peer) { peer_ = std::move(peer); }
  /// The client is in.
  void open();
  void receive(Link& link, const PacketValues& values, std::optional<std::uint64_t> ack,
               std::span<const Frame> attachments);
  void receive_ack(Link& link, std::uint64_t id, const PacketValues& values,
                   std::span<const Frame> attachments);
  void handle(const Note& note);
  bool is_excepted(const Note& note) const noexcept;
  bool closes_connection() const noexcept { return closes_connection_; }
  TimePoint next_deadline() const noexcept { return next_deadline_; }
  void on_time(TimePoint now);
  /// The client has lost its connection: it answers nothing any more that it was asked.
  void lost();
  /// The client is out; the peer is still in its rooms, unless it was the router that put it out.
  void leaving(CloseReason reason);
  void left(CloseReason reason, bool was_connected);

  // For its protocol: a message that has passed the router's limits.
  void handle(const MessageView& message);

  EmitResult acknowledge(std::uint64_t id, const Arguments& arguments);

 private:
  using AckHandler = Callback<void(std::error_code error, const Arguments& arguments)>;
  using JoinHandler = Callback<void(std::error_code error)>;

  void start_emit(std::string_view event, const Arguments& arguments, std::chrono::milliseconds timeout,
                  AckHandler done) override;
  void start_join(std::string_view room, JoinHandler done) override;
  /// What came: an event, or an acknowledgement.
  struct Incoming {
    bool is_ack = false;
    std::optional<std::uint64_t> id;
    const PacketValues& values;
    std::span<const Frame> attachments;
  };
  struct PendingAck {
    TimePoint deadline;
    AckHandler done;
  };
  /// A room that it has joined, or is joining by the request with this tag.
  struct JoinedRoom {
    std::string name;
    std::uint64_t tag = 0;
    bool joined = false;
  };

  void receive(Link& link, const Incoming& incoming);
  void handle_deferred(const MessageView& message);
  void dispatch(const Incoming& incoming);
  void dispatch_event(std::string_view event, const Arguments& arguments, const Acknowledge& acknowledge);
  void complete_ack(std::uint64_t id, const Arguments& arguments);
  void complete_join(std::uint64_t tag, std::error_code error);
  void on_put_out(std::string_view room);
  JoinedRoom* find_room(std::string_view room) noexcept;
  bool is_member(std::string_view room_id) const;
  SendResult send(Message message);
  void tell(const std::vector<DisconnectHandler>& handlers, CloseReason reason);
  void fail_acks();
  void fail_joins();
  /// Calls the host. False: it has thrown, and the socket is on its way out.
  template <class Call>
  bool guarded(Call call);

  ServedNamespace& nsp_;
  const Handshake handshake_;
  const boost::asio::any_io_executor executor_;
  std::shared_ptr<Peer> peer_;
  std::any data_;

  // Handlers may be set and taken away while they are called.
  std::vector<std::pair<std::string, std::shared_ptr<const EventHandler>>> event_handlers_;
  std::vector<std::shared_ptr<const AnyEventHandler>> any_handlers_;
  std::vector<DisconnectHandler> disconnecting_handlers_;
  std::vector<DisconnectHandler> disconnect_handlers_;

  std::vector<JoinedRoom> rooms_;
  /// By tag: who waits for the result of a join.
  std::map<std::uint64_t, std::vector<JoinHandler>> joins_;
  std::map<std::uint64_t, PendingAck> acks_;
  std::uint64_t next_tag_ = 1;
  std::uint64_t next_ack_ = 0;
  /// No later than the first deadline of those in `acks_`.
  TimePoint next_deadline_ = TimePoint::max();
  /// What the peer is being given.
  const Incoming* incoming_ = nullptr;
  std::atomic<bool> connected_{false};
  std::atomic<bool> disconnecting_{false};
  std::atomic<bool> closes_connection_{false};
};

}  // namespace signaling::socketio
