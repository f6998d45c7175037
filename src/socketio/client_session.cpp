// Path 3/8 and 7/8: what a client does in its namespaces -> its peers, and back. Next:
// socketio/namespace_transport.cpp (in), the EngineSocket (out)
#include "socketio/client_session.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>
#include <variant>

#include "socketio/namespace_transport.hpp"
#include "socketio/server_context.hpp"
#include "text/per_thread.hpp"

namespace signaling::socketio {
namespace {

// From the answer to a CONNECT to what follows it. Shorter, and a client on a busy machine would read both at once.
constexpr std::chrono::milliseconds answer_gap{10};

}  // namespace

ClientSession::ClientSession(ServerContext& context, const ConnectInfo& info)
    : context_(context), request_(info) {}

ClientSession::~ClientSession() = default;

void ClientSession::open(std::shared_ptr<EngineSocket> socket) {
  socket_ = std::move(socket);
  connection_.emplace(context_.options().connection, context_.now());
}

void ClientSession::move_to(std::shared_ptr<EngineSocket> socket) {
  if (socket_) socket_ = std::move(socket);
}

// All namespaces of a client were on the executor of its last connection.
boost::asio::any_io_executor ClientSession::executor_for(const MessageView& message) const {
  if (!context_.recovery().is_on() || connects_ != 0 || message.kind != MessageKind::text) return {};
  PacketDecoder decoder(context_.options().connection.packets);
  Packet packet;
  if (decoder.decode(message.bytes, packet) != PacketError::none || packet.header.type != PacketType::connect)
    return {};
  const Recovery::Found found = find_recoverable(packet.payload);
  return found.transport && found.executor != executor() ? found.executor : boost::asio::any_io_executor();
}

Recovery::Found ClientSession::find_recoverable(std::string_view auth) const {
  if (!context_.recovery().is_on() || auth.empty()) return {};
  const auto pid = Argument(auth).member("pid").as_string();
  return pid ? context_.recovery().find(*pid) : Recovery::Found{};
}

std::shared_ptr<const ConnectInfo> ClientSession::shared_request() {
  auto request = shared_request_.lock();
  if (!request) shared_request_ = request = std::make_shared<const ConnectInfo>(request_.unpack());
  return request;
}

void ClientSession::receive(const MessageView& message) {
  if (!socket_) return;
  resume_at_ = TimePoint::max();
  connection_->receive(message);
  pump();
}

// Who leaves says so with a DISCONNECT. A client closes its session also when it misses a ping, or its machine is offline,
// and then comes back: that is a loss.
void ClientSession::end(CloseReason reason) {
  if (!socket_) return;
  const bool is_loss = reason == CloseReason::normal && !is_page_left_ && context_.recovery().is_on();
  connection_->receive_end(is_loss ? CloseReason::lost : reason);
  pump();
}

void ClientSession::on_time(TimePoint now) {
  if (!socket_) return;
  connection_->on_time(now);
  if (now >= idle_until_) {
    idle_until_ = TimePoint::max();
    connection_->close(CloseReason::timeout);
  }
  const auto transports = transports_;
  for (const auto& transport : transports) transport->on_time(now);
  if (now >= resume_at_) resume_at_ = TimePoint::max();
  pump();
}

TimePoint ClientSession::next_deadline() const {
  if (!socket_) return TimePoint::max();
  const TimePoint connection = connection_->next_deadline().value_or(TimePoint::max());
  TimePoint deadline = std::min({idle_until_, resume_at_, connection});
  for (const auto& transport : transports_) deadline = std::min(deadline, transport->next_deadline());
  return deadline;
}

// What the socket has not sent yet is behind the ping.
void ClientSession::on_ping() {
  settle();
  for (const auto& transport : transports_) transport->on_ping();
}

void ClientSession::on_pong() {
  for (const auto& transport : transports_) transport->on_pong();
}

void ClientSession::pump() {
  if (!connection_ || std::exchange(pumping_, true)) return;
  const auto self = shared_from_this();
  do {
    while (const auto event = connection_->poll_event()) {
      std::visit([this](const auto& what) { handle(what); }, *event);
    }
  } while (flush());
  pumping_ = false;
}

// True if it did something: the socket may have called back.
bool ClientSession::flush() {
  if (waits()) return false;
  // Kept for its memory.
  auto& reused = text::PerThread<std::vector<Frame>, struct FlushedFrames>::get();
  std::vector<Frame> frames = std::move(reused);
  frames.clear();
  if (connection_->take_output(frames)) resume_at_ = context_.now() + answer_gap;
  const auto closing = connection_->has_output() ? std::nullopt : connection_->poll_close();
  const bool any = !frames.empty() || closing;
  const auto socket = socket_;
  if (socket && !frames.empty()) socket->send(frames);
  if (socket && closing) socket->close(*closing);
  frames.clear();
  reused = std::move(frames);
  settle();
  return any;
}

bool ClientSession::waits() const { return resume_at_ != TimePoint::max() && connection_->has_output(); }

void ClientSession::sent(NamespaceTransport& transport, std::size_t bytes) {
  if (bytes == 0) return;
  in_flight_bytes_ += bytes;
  if (!in_flight_.empty() && in_flight_.back().transport.get() == &transport) {
    in_flight_.back().bytes += bytes;
  } else {
    in_flight_.push_back({transport.shared_from_this(), bytes});
  }
}

void ClientSession::set_reading(bool reading) {
  const bool was_reading = holders_ == 0;
  holders_ += reading ? std::size_t(-1) : 1;
  const auto socket = socket_;
  if (socket && was_reading != (holders_ == 0)) socket->set_reading(reading);
}

// The socket counts bytes for all namespaces together; they leave in the order in which they came.
void ClientSession::settle() {
  if (socket_ && waits()) return;
  const std::size_t queued = socket_ ? socket_->queued_bytes() : 0;
  if (queued >= in_flight_bytes_) return;
  std::size_t left = in_flight_bytes_ - queued;
  in_flight_bytes_ = queued;
  auto entry = in_flight_.begin();
  for (; left != 0; ++entry) {
    const std::size_t bytes = std::min(left, entry->bytes);
    if (entry->transport) entry->transport->written(bytes);
    entry->bytes -= bytes;
    left -= bytes;
    if (entry->bytes != 0) break;
  }
  in_flight_.erase(in_flight_.begin(), entry);
  if (in_flight_.empty()) std::vector<InFlight>().swap(in_flight_);
}

NamespaceTransport* ClientSession::find(std::string_view nsp) const noexcept {
  const auto found = std::ranges::find(transports_, nsp, [](const auto& entry) { return entry->name(); });
  return found == transports_.end() ? nullptr : found->get();
}

void ClientSession::remove(const NamespaceTransport& transport) {
  for (InFlight& entry : in_flight_) {
    if (entry.transport.get() == &transport) entry.transport.reset();
  }
  std::erase_if(transports_, [&](const auto& entry) { return entry.get() == &transport; });
  const auto timeout = context_.options().connection.connect_timeout;
  if (transports_.empty() && timeout.count() != 0) idle_until_ = context_.now() + timeout;
}

void ClientSession::handle(const connection_event::NamespaceRequested& event) {
  const ServerOptions& options = context_.options();
  ++connects_;
  if (options.max_connects != 0 && connects_ > options.max_connects) {
    ServerCounters::add(context_.counters().excessive_connects);
    return connection_->close(CloseReason::overloaded);
  }
  ServedNamespace* const nsp = context_.find(event.nsp);
  if (nsp == nullptr) {
    connection_->refuse(event.nsp, "Invalid namespace");
    return;
  }
  if (options.max_auth_bytes != 0 && event.auth.size() > options.max_auth_bytes) {
    ServerCounters::add(context_.counters().refused_auths);
    connection_->refuse(event.nsp, "The auth data is too large");
    return;
  }
  // It was refused before, and the router has not closed it yet.
  if (NamespaceTransport* const old = find(event.nsp)) old->finish(CloseReason::unauthorized);
  idle_until_ = TimePoint::max();
  if (!recover(*nsp, event.auth)) connect(*nsp, event.auth);
}

void ClientSession::connect(ServedNamespace& nsp, std::string_view auth) {
  const auto transport = transports_.emplace_back(std::make_shared<NamespaceTransport>(*this, nsp));
  transport->connect(auth);
}

// The client has proved which socket is its own: if it cannot have that any more, nobody can.
bool ClientSession::recover(const ServedNamespace& nsp, std::string_view auth) {
  const auto [transport, where] = find_recoverable(auth);
  if (!transport || transport->name() != nsp.name()) return false;
  if (where != executor()) {
    boost::asio::post(where, [found = transport] { found->give_up(); });
    return false;
  }
  const Argument offset = Argument(auth).member("offset");
  const bool is_readable = offset.json() == "null" || offset.as_string();
  const auto received = transport->received_by(offset.as_string().value_or(""));
  if (!is_readable || !received || !transport->leave_client()) {
    transport->give_up();
    return false;
  }
  transports_.push_back(transport);
  transport->go_on_with(*this, auth, *received);
  return true;
}

void ClientSession::handle(const connection_event::EventReceived& event) {
  if (NamespaceTransport* const transport = find(event.nsp)) transport->receive(event);
}

void ClientSession::handle(const connection_event::AckReceived& event) {
  if (NamespaceTransport* const transport = find(event.nsp)) transport->receive(event);
}

void ClientSession::handle(const connection_event::NamespaceClosed& event) {
  NamespaceTransport* const transport = find(event.nsp);
  if (transport != nullptr && !transport->lose(event.reason)) transport->finish(event.reason);
}

void ClientSession::handle(const connection_event::ConnectionClosed& /*event*/) {
  ServerCounters& counters = context_.counters();
  const PacketError error = connection_->packet_error();
  if (error != PacketError::none) counters.packet_error(error);
  ServerCounters::add(counters.refused_namespaces, connection_->refused_namespaces());
  socket_.reset();
}

}  // namespace signaling::socketio
