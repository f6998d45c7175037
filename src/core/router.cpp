#include "signaling/core/router.hpp"

#include <stdexcept>
#include <utility>

#include "core/local_peer.hpp"
#include "core/peer_session.hpp"
#include "core/router_core.hpp"
#include "signaling/core/memory_store.hpp"

namespace signaling {
namespace {

void check(const Limits& limits) {
  if (limits.max_outbound_bytes != 0 && limits.max_message_bytes > limits.max_outbound_bytes) {
    throw std::invalid_argument("signaling: max_outbound_bytes is smaller than max_message_bytes");
  }
}

RouterOptions complete(RouterOptions options) {
  if (!options.store) options.store = std::make_shared<MemoryStore>();
  if (options.clock == nullptr) options.clock = &system_clock();
  if (options.random == nullptr) options.random = &system_random();
  if (options.node.empty()) options.node = make_id(*options.random);
  check(options.limits);
  return options;
}

}  // namespace

Router::Router(RouterOptions options) {
  const auto driver = options.clock == nullptr ? Deadlines::Driver::timer : Deadlines::Driver::host;
  core_ = std::make_shared<RouterCore>(complete(std::move(options)), driver);
  core_->open_store();
}

Router::~Router() { core_->close(); }

std::shared_ptr<Peer> Router::connect(Transport& transport, std::unique_ptr<Protocol> protocol,
                                      ConnectInfo info) {
  auto peer = std::make_shared<PeerSession>(core_, transport, std::move(protocol), PeerOrigin::remote);
  peer->admit(std::move(info));
  return peer;
}

std::shared_ptr<Peer> Router::connect_local(LocalPeerOptions options) {
  if (!options.executor) throw std::invalid_argument("signaling: LocalPeerOptions::executor is not set");
  return make_local_peer(core_, std::move(options));
}

SendResult Router::send(const Envelope& envelope) {
  const SendResult result = core_->send(envelope);
  if (result.status == SendStatus::dropped) core_->counters().error(result.error);
  return result;
}

std::error_code Router::kick(std::string_view peer, std::string_view room, std::string_view why) {
  return core_->kick(peer, room, why);
}

std::error_code Router::close_room(std::string_view room, std::string_view why) {
  return core_->close_room(room, why);
}

std::shared_ptr<Peer> Router::find_peer(std::string_view id) const { return core_->find_peer(id); }

std::shared_ptr<Room> Router::find_room(std::string_view id) const { return core_->find_room(id); }

std::vector<std::shared_ptr<Room>> Router::rooms() const { return core_->all_rooms(); }

void Router::members(std::string_view room, Callback<void(std::error_code, std::vector<Member>)> done) const {
  core_->members(room, std::move(done));
}

std::size_t Router::drain(std::size_t count, std::chrono::milliseconds reconnect_within) {
  return core_->drain(count, reconnect_within);
}

void Router::shut_down(std::chrono::milliseconds reconnect_after) { core_->shut_down(reconnect_after); }

void Router::on_time() { core_->on_time(); }

const Limits& Router::limits() const noexcept { return core_->limits(); }

void Router::set_limits(const Limits& limits) {
  check(limits);
  core_->current_limits().set(limits);
}

const NodeId& Router::node() const noexcept { return core_->options().node; }

Stats Router::stats() const { return core_->stats(); }

QueueStats Router::queues() const { return core_->queues(); }

}  // namespace signaling
