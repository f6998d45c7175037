#include "signaling/core/router.hpp"

#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

#include "core/answer.hpp"
#include "core/local_receiver.hpp"
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

// A peer that is gone drops what it was to do.
Callback<void(std::error_code)> or_closed(Callback<void(std::error_code)> done) {
  return Answer(std::move(done), [](auto& answer) { answer(errc::closed); });
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
  const bool has_own_store = options.store == nullptr;
  core_ = std::make_shared<RouterCore>(complete(std::move(options)), driver, has_own_store);
  if (core_->has_policy()) core_->policy().attached(*this);
  core_->open_store();
}

Router::~Router() { core_->close(); }

Link Router::connect(Transport& transport, std::unique_ptr<Protocol> protocol, const ConnectInfo& info) {
  auto link = std::make_shared<ClientLink>(transport);
  const auto peer = std::make_shared<PeerSession>(core_, transport, std::move(protocol));
  peer->admit(info, link);
  return Link(std::move(link));
}

boost::asio::any_io_executor Router::resume_executor(std::string_view peer) const {
  const auto found = core_->directory().find(peer).peer;
  return found && !found->is_local() ? found->executor() : boost::asio::any_io_executor();
}

LocalPeer Router::connect_local(LocalPeerOptions options) {
  const auto executor = options.executor;
  if (!executor) throw std::invalid_argument("signaling: LocalPeerOptions::executor is not set");
  PeerId id = std::move(options.id);
  Identity identity = std::move(options.identity);
  auto session =
      std::make_shared<PeerSession>(core_, executor, std::make_shared<LocalReceiver>(std::move(options)));
  session->admit_local(std::move(id), std::move(identity));
  return LocalPeer(std::move(session));
}

void Router::start_join(std::string_view peer, std::string_view room,
                        std::optional<std::string_view> metadata, Callback<void(std::error_code)> done) {
  auto answer = or_closed(std::move(done));
  const auto session = core_->directory().find(peer).peer;
  if (!session) return answer(errc::peer_not_found);
  JoinRequest request;
  request.room = room;
  if (metadata) request.metadata.emplace(*metadata);
  request.is_decided = true;
  request.done = std::move(answer);
  boost::asio::post(session->executor(),
                    [session, request = std::move(request)]() mutable { session->join(std::move(request)); });
}

void Router::start_leave(std::string_view peer, std::string_view room, Callback<void(std::error_code)> done) {
  auto answer = or_closed(std::move(done));
  const auto session = core_->directory().find(peer).peer;
  if (!session) return answer(errc::peer_not_found);
  boost::asio::post(session->executor(),
                    [session, room = std::string(room), answer = std::move(answer)]() mutable {
                      session->leave(room, {}, std::move(answer));
                    });
}

SendResult Router::send(const Message& message, std::string_view from) { return core_->send(message, from); }

std::error_code Router::kick(std::string_view peer, std::string_view room, std::string_view why) {
  return core_->kick(peer, room, why);
}

std::error_code Router::close_room(std::string_view room, std::string_view why) {
  return core_->close_room(room, why);
}

std::shared_ptr<Peer> Router::find_peer(std::string_view id) const {
  return core_->directory().find(id).peer;
}

std::shared_ptr<Room> Router::find_room(std::string_view id) const {
  return core_->directory().find_room(id);
}

std::vector<std::shared_ptr<Room>> Router::rooms() const {
  const auto rooms = core_->directory().rooms();
  return {rooms.begin(), rooms.end()};
}

void Router::start_members(std::string_view room,
                           Callback<void(std::error_code, std::vector<Member>)> done) const {
  core_->members(room, std::move(done));
}

std::size_t Router::drain(std::size_t count, std::chrono::milliseconds reconnect_within) {
  return core_->drain(count, reconnect_within);
}

void Router::end_away() { core_->end_away(); }

void Router::shut_down(std::chrono::milliseconds reconnect_after) { core_->shut_down(reconnect_after); }

void Router::on_time() { core_->on_time(); }

const Limits& Router::limits() const noexcept { return core_->limits(); }

void Router::set_limits(const Limits& limits) {
  check(limits);
  core_->current_limits().set(limits);
}

const NodeId& Router::node() const noexcept { return core_->node(); }

Stats Router::stats() const { return core_->stats(); }

QueueStats Router::queues() const { return core_->queues(); }

}  // namespace signaling
