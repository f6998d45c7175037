#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "signaling/core/clock.hpp"
#include "signaling/core/export.hpp"
#include "signaling/core/ids.hpp"
#include "signaling/identity/authenticator.hpp"

namespace signaling::identity {

/// Read when the office is made and not later.
struct SIGNALING_API TicketOptions {
  /// How long a ticket can be used. Default 60 s: from the page that got it to its WebSocket.
  std::chrono::seconds lifetime{60};
  /// Tickets that were issued and neither used nor expired. Default 10,000; 0: no bound. Cost: some 200 bytes each, and what
  /// the pass holds.
  std::size_t max_outstanding = 10'000;
  /// Null: the machine's steady clock. Must outlive the office.
  const Clock* clock = nullptr;
  /// Null: the system's generator. Must outlive the office.
  Random* random = nullptr;
};

/// Issues tickets that admit once. For hosts that know who is asking, by a session or a login of their own, and hand the
/// ticket to the page that will connect.
///
/// A ticket is 256 random bits as text, of which one half finds the entry and the other is compared in constant time.
/// Threads: every call from any thread; of two that show the same ticket at once, one is admitted.
/// Tickets are known to this process alone: with several nodes, the one that issues is the one to connect to.
class SIGNALING_API TicketOffice final : public Authenticator {
 public:
  /// Throws std::invalid_argument if the lifetime is not positive.
  explicit TicketOffice(TicketOptions options = {});
  ~TicketOffice() override;

  /// Who shows the ticket gets `pass`: its peer id, its rooms, its end. Nothing: there are too many tickets.
  std::optional<std::string> issue(Pass pass);

  void authenticate(const ConnectInfo& info, Callback<void(Verdict)> done) override;
  /// The verdict on a ticket, which after it is worth nothing.
  Verdict redeem(std::string_view ticket);

  /// Tickets that were issued and neither used nor expired.
  std::size_t outstanding() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace signaling::identity
