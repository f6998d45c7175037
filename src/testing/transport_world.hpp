#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "signaling/core/policy.hpp"
#include "signaling/core/router.hpp"
#include "signaling/testing/transport_contract.hpp"
#include "testing/case_end.hpp"

namespace signaling::testing {

/// What the router saw of the one client. Threads: any.
class ClientLog final : public Policy {
 public:
  void connected(const std::shared_ptr<Peer>& peer) override;
  void disconnected(const Peer& peer, CloseReason reason) override;
  void note(const MessageView& message);

  std::string id() const;
  int ends() const noexcept { return ends_; }
  std::vector<ClientMessage> messages() const;
  /// The threads that gave messages to the router.
  std::vector<std::thread::id> threads() const;
  /// Tells who is inside: one at a time, on the transport's executor.
  bool enter() noexcept { return !busy_.exchange(true); }
  void exit() noexcept { busy_ = false; }
  bool overlapped() const noexcept { return overlapped_; }
  void set_overlapped() noexcept { overlapped_ = true; }

 private:
  mutable std::mutex mutex_;
  std::string id_;
  std::vector<ClientMessage> messages_;
  std::vector<std::thread::id> threads_;
  std::atomic<int> ends_{0};
  std::atomic<bool> busy_{false};
  std::atomic<bool> overlapped_{false};
};

/// A router for one case, with one client whose language passes messages on as they are. Nothing is limited but the size of
/// messages. The client that says "goodbye" is answered "farewell", and closed.
class TransportWorld {
 public:
  explicit TransportWorld(TransportFixture& fixture) : fixture_(fixture), router_(options(log_)) {}
  TransportWorld(const TransportWorld&) = delete;
  TransportWorld& operator=(const TransportWorld&) = delete;
  ~TransportWorld() { fixture_.stop(); }

  TransportFixture& fixture() noexcept { return fixture_; }
  Router& router() noexcept { return router_; }
  ClientLog& log() noexcept { return *log_; }

  void connect();
  /// The peer; the case ends if it is gone.
  std::shared_ptr<Peer> peer();
  /// To the client; from any thread. `send` ends the case if the message is dropped.
  SendResult try_to_send(const ClientMessage& sent);
  void send(const ClientMessage& sent);
  /// Runs it where the transport lives, and waits for it. Skips the case if nobody knows where.
  void on_executor(const std::function<void(Transport&)>& function);

  void run_until(const std::function<bool()>& done, const std::string& what);
  /// The client gets these, and no others until then.
  void expect(const std::vector<ClientMessage>& messages);
  /// The client sees the end, and the router too. The client got nothing more.
  void expect_end();

 private:
  static RouterOptions options(const std::shared_ptr<ClientLog>& log);
  void receive();

  TransportFixture& fixture_;
  std::shared_ptr<ClientLog> log_ = std::make_shared<ClientLog>();
  Router router_;
  std::vector<ClientMessage> got_;
};

}  // namespace signaling::testing
