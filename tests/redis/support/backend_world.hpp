#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "redis/redis_backend.hpp"
#include "redis/support/redis_server.hpp"
#include "redis/url.hpp"

namespace signaling::redis::testing {

using signaling::testing::RedisServer;

template <class Value>
struct Outcome {
  std::error_code error;
  Value value;
};

/// Runs `io` until the operation that `start` begins has completed.
template <class Value, class Start>
Outcome<Value> run(boost::asio::io_context& io, Start start) {
  std::optional<Outcome<Value>> outcome;
  start([&outcome](std::error_code error, Value value) { outcome = {error, std::move(value)}; });
  if (outcome) throw std::logic_error("completed inside the call");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!outcome) {
    io.restart();
    if (io.run_one_until(deadline) == 0) throw std::runtime_error("the operation does not complete");
  }
  return std::move(*outcome);
}

template <class Start>
std::error_code run(boost::asio::io_context& io, Start start) {
  return run<int>(io,
                  [&](auto done) {
                    start([done = std::move(done)](std::error_code error) mutable { done(error, 0); });
                  })
      .error;
}

/// A node with a session.
class Node {
 public:
  Node(boost::asio::io_context& io, const std::string& url, NodeId its_id,
       std::size_t max_inbox_entries = 100'000)
      : id(std::move(its_id)),
        io_(io),
        backend(std::make_shared<RedisBackend>(
            io.get_executor(),
            RedisBackend::Options{{parse_redis_url(url), {}}, max_inbox_entries, nullptr})) {
    backend->start();
  }

  Outcome<Backend::Opened> try_open() {
    auto outcome = run<Backend::Opened>(io_, [&](auto done) { backend->open(id, next, std::move(done)); });
    session = outcome.value.session;
    if (!outcome.error) next = outcome.value.next;
    return outcome;
  }
  Node& open() {
    const auto outcome = try_open();
    if (outcome.error) throw std::runtime_error(outcome.error.message());
    return *this;
  }

  std::error_code renew() {
    return run<std::uint64_t>(io_, [&](auto done) { backend->renew(id, session, ++probe, std::move(done)); })
        .error;
  }
  Outcome<bool> reap() {
    return run<bool>(io_, [&](auto done) { backend->reap(id, session, std::move(done)); });
  }
  std::error_code goodbye() {
    return run(io_, [&](auto done) { backend->goodbye(id, session, std::move(done)); });
  }
  Outcome<Epoch> claim(Backend::Claim wanted) {
    return run<Epoch>(io_, [&](auto done) { backend->claim(id, session, wanted, std::move(done)); });
  }
  Outcome<Epoch> claim(std::string peer) { return claim({std::move(peer), 0, "secret", {}}); }
  std::error_code release(std::string peer, Epoch epoch) {
    return run(io_, [&](auto done) { backend->release(id, session, peer, epoch, std::move(done)); });
  }
  Outcome<StateStore::Joined> join(Backend::Join request) {
    request.member.node = id;
    auto outcome =
        run<Backend::Joined>(io_, [&](auto done) { backend->join(session, request, std::move(done)); });
    place = outcome.value.place;
    return {outcome.error, std::move(outcome.value.joined)};
  }
  Outcome<StateStore::Joined> join(RoomId room, PeerId peer, Epoch epoch, Version known = 0) {
    return join({std::move(room), {std::move(peer), {}, epoch, Payload("\"m\""), 0}, 0, known});
  }
  Outcome<StateStore::Joined> move(RoomId room, PeerId peer, Epoch epoch, Epoch from) {
    return join({std::move(room), {std::move(peer), {}, epoch, Payload("\"m\""), 0}, 0, 0, true, from});
  }
  Outcome<Version> leave(RoomId room, PeerId peer, Epoch epoch, LeaveReason reason = LeaveReason::leave) {
    return changed(run<Backend::Changed>(
        io_, [&](auto done) { backend->leave(id, session, room, peer, epoch, reason, std::move(done)); }));
  }
  Outcome<Version> update(RoomId room, PeerId peer, Epoch epoch, std::string_view metadata) {
    return changed(run<Backend::Changed>(io_, [&](auto done) {
      backend->update(id, session, room, peer, epoch, Payload(metadata), std::move(done));
    }));
  }
  Outcome<RoomState> snapshot(RoomId room, Version known = 0) {
    auto outcome = run<Backend::Seen>(
        io_, [&](auto done) { backend->snapshot(id, session, room, known, std::move(done)); });
    place = outcome.value.place;
    return {outcome.error, std::move(outcome.value.state)};
  }
  Outcome<Backend::Owned> own() {
    return run<Backend::Owned>(io_, [&](auto done) { backend->own(id, session, std::move(done)); });
  }
  Outcome<std::vector<std::uint32_t>> publish(std::uint64_t number, std::vector<Batch::Part> parts,
                                              std::uint64_t expires_at = 1ULL << 52U,
                                              std::uint64_t first_unanswered = 1) {
    return run<std::vector<std::uint32_t>>(io_, [&](auto done) {
      backend->publish(id, session, Batch{number, expires_at, first_unanswered, parts}, std::move(done));
    });
  }

  Outcome<std::vector<InboxEntry>> read() {
    auto outcome =
        run<std::vector<InboxEntry>>(io_, [&](auto done) { backend->read(id, next, std::move(done)); });
    if (!outcome.value.empty()) next = {next.inbox, outcome.value.back().place.number + 1};
    return outcome;
  }
  /// All that came up to now: what stands before a new probe.
  std::vector<InboxEntry> news() {
    std::vector<InboxEntry> all;
    if (renew()) throw std::runtime_error("the session is over");
    for (int attempts = 0;;) {
      auto outcome = read();
      // The connection that reads may still be on its way.
      const bool may_come = outcome.error == errc::store_unavailable && ++attempts < 1'000;
      if (may_come && io_.run_one_for(std::chrono::seconds(5)) != 0) continue;
      if (outcome.error) throw std::runtime_error(outcome.error.message());
      for (InboxEntry& entry : outcome.value) {
        if (entry.kind == InboxEntry::Kind::mark) continue;
        if (entry.kind != InboxEntry::Kind::probe) {
          all.push_back(std::move(entry));
        } else if (entry.number == probe) {
          return all;
        }
      }
    }
  }

  const NodeId id;

 private:
  Outcome<Version> changed(const Outcome<Backend::Changed>& outcome) {
    place = outcome.value.place;
    return {outcome.error, outcome.value.version};
  }

  boost::asio::io_context& io_;

 public:
  const std::shared_ptr<RedisBackend> backend;
  Session session = 0;
  InboxPlace next;
  std::uint64_t probe = 0;
  /// Of the last answer that has one.
  std::uint64_t place = 0;
};

/// A server, and nodes on it.
struct World {
  RedisServer server;
  boost::asio::io_context io;
  Node a{io, server.url(), "node-a"};
  Node b{io, server.url(), "node-b"};

  void expire(const Node& node) { server.command({"ZADD", "signaling:nodes", "1", node.id}); }
  std::vector<std::string> keys() const { return server.command({"KEYS", "*"}); }
};

/// An entry in one line: "joined room 1 peer", "message bytes".
inline std::string text_of(const InboxEntry& entry) {
  const auto& change = entry.change;
  switch (entry.kind) {
    case InboxEntry::Kind::messages: return "messages " + entry.bytes;
    case InboxEntry::Kind::displaced: return "displaced " + change.member.id;
    case InboxEntry::Kind::probe: return "probe";
    case InboxEntry::Kind::mark: return "mark";
    case InboxEntry::Kind::bad: return "bad";
    case InboxEntry::Kind::change: break;
  }
  const std::string place = " " + change.room + " " + std::to_string(change.version) + " " + change.member.id;
  switch (change.kind) {
    case MembershipChange::Kind::joined: return "joined" + place;
    case MembershipChange::Kind::updated: return "updated" + place;
    case MembershipChange::Kind::moved: return "moved" + place;
    case MembershipChange::Kind::left: return "left" + place + " " + std::string(to_string(change.reason));
  }
  return {};
}

inline std::vector<std::string> texts_of(const std::vector<InboxEntry>& entries) {
  std::vector<std::string> texts;
  for (const InboxEntry& entry : entries) texts.push_back(text_of(entry));
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace signaling::redis::testing
