#include "core/router_core.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <span>
#include <utility>

#include "core/json_checks.hpp"
#include "core/peer_session.hpp"
#include "core/room_view.hpp"

namespace signaling {

void RouterCore::open_store() {
  store().open(node(), inbox_, [self = shared_from_this()](std::error_code error) {
    if (error) self->log(LogLevel::error, "store-unavailable", {{"error", error.message()}});
  });
}

// Peers, rooms and this object keep each other alive; with the directory empty nothing does.
void RouterCore::close() {
  shut_down(std::chrono::milliseconds(0));
  end();
  for (const auto& room : directory().clear()) room->abandon();
  for (const auto& loop : loops().all()) loop->deadlines()->close();
  store().close(node());
}

void RouterCore::on_time() {
  for (const auto& loop : loops().all()) {
    if (loop->deadlines()->is_empty()) continue;
    boost::asio::post(loop->executor(), [deadlines = loop->deadlines()] { deadlines->run_due(); });
  }
}

SendResult RouterCore::send(const Message& message, std::string_view from) {
  Route route;
  route.from = from;
  route.reach = Reach::anybody;
  const SendResult result = this->route(message, route);
  if (result.status == SendStatus::dropped) counters().error(result.error);
  return result;
}

SendResult RouterCore::route(const Message& message, Route& route) {
  if (!has_valid_payload(message)) return {SendStatus::dropped, errc::bad_json};
  if (message.to.empty() || !message.room.empty()) return RoomView::send_from_outside(*this, message, route);
  const Event event = event::Message{message, route.from, route.from_metadata};
  EncodedEvent encoded(event);
  if (const auto result = send_to_peer(message, route.reach, encoded, to_if_full(message.delivery)))
    return *result;
  return publish(message, route);
}

void RouterCore::members(std::string_view room, Callback<void(std::error_code, std::vector<Member>)> done) {
  store().snapshot(room, 0, [done = std::move(done)](std::error_code error, RoomState state) mutable {
    std::vector<Member> members;
    members.reserve(state.members.size());
    std::ranges::sort(state.members, {}, &StoreMember::joined_at);
    for (StoreMember& member : state.members) {
      members.push_back(
          {std::move(member.id), std::move(member.metadata), std::move(member.node), member.joined_at});
    }
    done(error, std::move(members));
  });
}

std::size_t RouterCore::drain(std::size_t count, std::chrono::milliseconds reconnect_within) {
  begin_drain();
  std::vector<std::shared_ptr<PeerSession>> chosen;
  std::size_t left = 0;
  for (const auto& [peer, mailbox] : directory().peers()) {
    if (peer->is_local()) continue;
    if (peer->was_sent_away() || peer->is_away()) {
      if (peer->may_be_resumed_elsewhere()) ++left;
      if (peer->was_sent_away() || peer->may_be_resumed_elsewhere()) continue;
    }
    if (chosen.size() < count) {
      chosen.push_back(peer);
    } else {
      ++left;
    }
  }
  for (const auto& peer : chosen) {
    peer->send_away(random_delay(reconnect_within));
    if (peer->may_be_resumed_elsewhere()) ++left;
  }
  return left;
}

std::chrono::milliseconds RouterCore::random_delay(std::chrono::milliseconds longest) const {
  if (longest.count() <= 0) return std::chrono::milliseconds(0);
  std::uint64_t number = 0;
  options().random->fill(std::as_writable_bytes(std::span(&number, 1)));
  return std::chrono::milliseconds(1 + number % static_cast<std::uint64_t>(longest.count()));
}

void RouterCore::end_away() {
  begin_shutdown();
  for (const auto& [peer, mailbox] : directory().peers()) {
    if (peer->is_away()) peer->close(CloseReason::going_away);
  }
}

void RouterCore::shut_down(std::chrono::milliseconds reconnect_after) {
  begin_shutdown();
  for (const auto& [peer, mailbox] : directory().peers()) {
    if (!peer->send_away(reconnect_after)) peer->close(CloseReason::going_away);
  }
}

void RouterCore::add_traffic(Stats& stats) const {
  const std::vector<std::string> names = protocol_names().all();
  for (std::size_t i = 0; i < names.size(); ++i) {
    ProtocolTraffic traffic;
    loops().add_traffic(i, traffic);
    stats.messages_in += traffic.messages_in;
    stats.bytes_in += traffic.bytes_in;
    stats.messages_out += traffic.messages_out;
    stats.bytes_out += traffic.bytes_out;
    traffic.protocol = names[i];
    stats.protocols.push_back(std::move(traffic));
  }
}

QueueStats RouterCore::queues() const {
  QueueStats queues;
  for (const auto& [peer, mailbox] : directory().peers()) {
    const std::size_t bytes = mailbox->bytes();
    if (bytes == 0) continue;
    ++queues.peers;
    queues.bytes += bytes;
    queues.longest_bytes = std::max(queues.longest_bytes, bytes);
  }
  return queues;
}

Stats RouterCore::stats() const {
  Stats stats;
  add_traffic(stats);
  store().add_to(stats);
  counters().route.add_to(stats.route);
  stats.peers = directory().peer_count();
  stats.rooms = directory().room_count();
  stats.peers_away = counters().peers_away.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < stats.resumptions.size(); ++i) {
    stats.resumptions[i] = counters().resumptions[i].load(std::memory_order_relaxed);
  }
  stats.connects = counters().connects.load(std::memory_order_relaxed);
  stats.joins = counters().joins.load(std::memory_order_relaxed);
  stats.leaves = counters().leaves.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < stats.errors.size(); ++i) {
    stats.errors[i] = counters().errors[i].load(std::memory_order_relaxed);
  }
  for (std::size_t i = 0; i < stats.closes.size(); ++i) {
    stats.closes[i] = counters().closes[i].load(std::memory_order_relaxed);
  }
  return stats;
}

}  // namespace signaling
