// Path 3/8 and 7/8: what a client does in its namespaces -> its peers, and back. Next:
// socketio/namespace_transport.cpp (in), the EngineSocket (out)
#include "socketio/client_session.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "socketio/namespace_transport.hpp"
#include "socketio/server_context.hpp"

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

void ClientSession::end(CloseReason reason) {
  if (!socket_) return;
  connection_->receive_end(reason);
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
  thread_local std::vector<Frame> reused;
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
    entry->transport->written(bytes);
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
  std::erase_if(transports_, [&](const auto& entry) { return entry.get() == &transport; });
  const auto timeout = context_.options().connection.connect_timeout;
  if (transports_.empty() && timeout.count() != 0) idle_until_ = context_.now() + timeout;
}

void ClientSession::handle(const connection_event::NamespaceRequested& event) {
  const ServerOptions& options = context_.options();
  if (options.max_connects != 0 && ++connects_ > options.max_connects) {
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
  const auto transport = transports_.emplace_back(std::make_shared<NamespaceTransport>(*this, *nsp));
  transport->connect(event.auth);
}

void ClientSession::handle(const connection_event::EventReceived& event) {
  if (NamespaceTransport* const transport = find(event.nsp)) transport->receive(event);
}

void ClientSession::handle(const connection_event::AckReceived& event) {
  if (NamespaceTransport* const transport = find(event.nsp)) transport->receive(event);
}

void ClientSession::handle(const connection_event::NamespaceClosed& event) {
  NamespaceTransport* const transport = find(event.nsp);
  if (transport != nullptr) transport->finish(event.reason);
}

void ClientSession::handle(const connection_event::ConnectionClosed& /*event*/) {
  ServerCounters& counters = context_.counters();
  const PacketError error = connection_->packet_error();
  if (error != PacketError::none) counters.packet_error(error);
  ServerCounters::add(counters.refused_namespaces, connection_->refused_namespaces());
  socket_.reset();
}

}  // namespace signaling::socketio
