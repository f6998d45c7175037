#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "signaling/core/clock.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/identity/authenticator.hpp"
#include "signaling/text/export.hpp"

namespace signaling::identity {

/// The office reads these options when it is constructed and not later.
struct SIGNALING_API TicketOptions {
  /// The lifetime of a ticket. Default 60 s, from the page that gets it to the page's WebSocket.
  std::chrono::seconds lifetime{60};
  /// Tickets that were issued and neither used nor expired. Default 10,000; 0: no limit. Cost: some 200 bytes each,
  /// plus the pass.
  std::size_t max_outstanding = 10'000;
  /// Null: the machine's steady clock. Must outlive the office.
  const Clock* clock = nullptr;
  /// Null: the system's generator. Must outlive the office.
  Random* random = nullptr;
};

/// Issues tickets that each admit one connection. For hosts that authenticate users themselves, by a session or a
/// login, and pass the ticket to the page that will connect.
///
/// A ticket is 256 random bits as text; one half finds the entry, and the other is compared in constant time.
/// Threads: any, for every call; if two clients send the same ticket at once, one is admitted.
/// Only this process knows its tickets: with several nodes, a client must connect to the one that issued the ticket.
class SIGNALING_API TicketOffice final : public Authenticator {
 public:
  /// Throws std::invalid_argument if the lifetime is not positive.
  explicit TicketOffice(TicketOptions options = {});
  ~TicketOffice() override;

  /// The client that sends the ticket gets `pass`: its peer id, its rooms, its end. Nothing: there are too many
  /// tickets.
  std::optional<std::string> issue(Pass pass);

  void authenticate(const ConnectInfo& info, Callback<void(Verdict)> done) override;
  /// The verdict on a ticket, which is worthless afterwards.
  Verdict redeem(std::string_view ticket);

  /// Tickets that were issued and neither used nor expired.
  std::size_t outstanding() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace signaling::identity
