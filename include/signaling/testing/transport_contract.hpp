#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/frame.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/core/router.hpp"
#include "signaling/core/transport.hpp"
#include "signaling/testing/contract.hpp"
#include "signaling/text/export.hpp"

namespace signaling::testing {

class TransportWorld;

/// One message that the client sends or receives, unframed.
struct SIGNALING_API ClientMessage {
  MessageKind kind = MessageKind::text;  ///< text or binary
  std::string bytes;                     ///< the whole message
  friend bool operator==(const ClientMessage&, const ClientMessage&) = default;
};

/// Gives the contract access to the transport under test: how a client connects, and what the client receives.
///
/// Construct a new fixture for each case. The thread that runs the case makes all calls, one after another. The
/// execution context of the transport belongs to the fixture, so that it outlives the router of the case.
class SIGNALING_API TransportFixture {
 public:
  virtual ~TransportFixture() = default;

  /// A client connects, and so does its transport to `router`. Called at most once, before the other functions.
  virtual void connect(Router& router, std::unique_ptr<Protocol> protocol) = 0;
  /// The client sends a message.
  virtual void send(const ClientMessage& message) = 0;
  /// The messages that the client has received since the last call.
  virtual std::vector<ClientMessage> receive() = 0;
  /// Whether the client has seen the end of the connection. `receive` has returned or will return earlier messages.
  virtual bool is_closed() = 0;
  /// The client disconnects without a closing handshake.
  virtual void disconnect() = 0;
  /// Ends everything that still uses the router, which is about to be destroyed. Called last in each case, even if no
  /// client connected.
  virtual void stop() = 0;

  /// Makes progress until `done` returns true: runs an event loop, waits. False: not within `at_most`.
  virtual bool run_until(const std::function<bool()>& done, std::chrono::milliseconds at_most) = 0;
  /// The time within which everything must complete. Default 10 s.
  virtual std::chrono::milliseconds patience() const { return std::chrono::seconds(10); }

  /// Whether the transport can carry this message at all; a line-based one cannot carry a line feed. Default: any. Text
  /// is always UTF-8.
  virtual bool carries(const ClientMessage& message) const;

  // Abilities that only some fixtures have. The default: this fixture does not have it.

  /// The connected transport, while it is connected; otherwise null, the default.
  virtual Transport* transport();
  /// The client reads nothing until `start_reading`; the transport's output must soon accumulate. False: not supported.
  virtual bool stop_reading();
  /// Ends the effect of `stop_reading`.
  virtual void start_reading();
};

/// One rule of Transport, and its test.
class SIGNALING_API TransportCase {
 public:
  /// The test of the rule.
  using Body = void (*)(TransportWorld&);
  /// Only transport_contract() constructs it.
  constexpr TransportCase(std::string_view name, std::string_view rule, Body body) noexcept
      : name_(name), rule_(rule), body_(body) {}

  /// Usable as a test name: lower case letters, digits and `_`.
  constexpr std::string_view name() const noexcept { return name_; }
  /// The behaviour of a transport that passes.
  constexpr std::string_view rule() const noexcept { return rule_; }
  /// Does not throw; an exception of the fixture is a failure.
  ContractResult run(TransportFixture& fixture) const;

 private:
  std::string_view name_;
  std::string_view rule_;
  Body body_;
};

/// All rules of Transport. Runs under any test framework, or none, as shown at `state_store_contract`:
///
///     for (const auto& rule : signaling::testing::transport_contract()) {
///       MyFixture fixture;
///       const auto result = rule.run(fixture);
///       CHECK_MESSAGE(result.outcome != Outcome::failed, rule.name(), ": ", result.text);
///     }
SIGNALING_API std::vector<TransportCase> transport_contract();

}  // namespace signaling::testing
