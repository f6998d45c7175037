#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "simulation/cluster.hpp"
#include "simulation/dice.hpp"
#include "simulation/oracle.hpp"
#include "support/session_counts.hpp"

namespace signaling::simulation {

/// What a library for clients does by itself: it counts, confirms, shows its secret on the next connection, and sends again
/// what was lost.
class Client {
 public:
  /// `keep`: the grace that it asks for; 0: none.
  Client(Scheduler& scheduler, Cluster& cluster, Oracle& oracle, Dice dice, std::chrono::seconds keep)
      : scheduler_(scheduler), cluster_(cluster), oracle_(oracle), dice_(dice), keep_(keep) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Its number at the oracle; there is none before the first `come`.
  std::uint32_t life() const noexcept { return life_; }
  bool has_lived() const noexcept { return has_lived_; }
  bool keeps() const noexcept { return keep_.count() != 0; }
  /// As far as it knows.
  bool is_online() const noexcept { return connection_ != nullptr && !connection_->is_over(); }
  /// It has its welcome, and has sent again what was to be sent again.
  bool is_ready() const noexcept { return is_online() && is_ready_; }

  /// Connects as a new client. `secret`: one that is not good, or none.
  void come(Process& process, const PeerId& id, const std::string& secret);
  enum class Count : std::uint8_t { shown, forgotten };
  /// Connects as the client that it was, and shows this secret.
  void come_back(Process& process, const std::string& secret, Count count);

  /// The line counts, and is kept until it is confirmed, if the client has a grace.
  void say(const std::string& line);
  void stick();
  /// Goes on purpose.
  void close();
  /// The connection breaks, with what is on the way; both sides notice some time.
  void lose(milliseconds client_notices, milliseconds process_notices);
  /// The client knows, at the latest now, that a connection is broken.
  void notice();

 private:
  void connect(Process& process, ConnectInfo info);
  void hear(const std::shared_ptr<Connection>& connection, std::string_view line);
  void welcome(std::string_view line);
  void confirmed(std::string_view count);
  void send_again();
  void acknowledge();
  void closed(CloseReason reason);

  Scheduler& scheduler_;
  Cluster& cluster_;
  Oracle& oracle_;
  Dice dice_;
  const std::chrono::seconds keep_;
  std::uint32_t life_ = 0;
  bool has_lived_ = false;
  testing::SessionCounts counts_;
  std::shared_ptr<Connection> connection_;
  std::uint32_t connections_ = 0;  // so many up to this one
  bool is_welcome_ = false;
  bool is_ready_ = false;
  bool is_broken_ = false;  // and it does not know
};

}  // namespace signaling::simulation
