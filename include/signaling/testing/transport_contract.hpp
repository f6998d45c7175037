#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/export.hpp"
#include "signaling/core/frame.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/core/router.hpp"
#include "signaling/core/transport.hpp"
#include "signaling/testing/contract.hpp"

namespace signaling::testing {

class TransportWorld;

/// One message as the client sends or gets it, unframed.
struct SIGNALING_API ClientMessage {
  MessageKind kind = MessageKind::text;  ///< text or binary
  std::string bytes;                     ///< the whole message
  friend bool operator==(const ClientMessage&, const ClientMessage&) = default;
};

/// What the contract has to know of the transport that it is to try: how a client gets to it, and what the client sees.
///
/// Make a new one for each case. Everything is called by the thread that runs the case, one call after the other. The
/// execution context of the transport belongs to the fixture, so that it outlives the router of the case.
class SIGNALING_API TransportFixture {
 public:
  virtual ~TransportFixture() = default;

  /// A client connects, and its transport to `router`. At most once; the rest only afterwards.
  virtual void connect(Router& router, std::unique_ptr<Protocol> protocol) = 0;
  /// The client sends a message.
  virtual void send(const ClientMessage& message) = 0;
  /// The messages that the client has got since the last call.
  virtual std::vector<ClientMessage> receive() = 0;
  /// Whether the client has seen the end of the connection. What came before it, `receive` has given or will give.
  virtual bool is_closed() = 0;
  /// The client is gone, without a word.
  virtual void disconnect() = 0;
  /// Ends whatever still uses the router: it is about to end. Called last in each case, also when nobody connected.
  virtual void stop() = 0;

  /// Lets things happen until `done` says true: runs an event loop, waits. False: it did not within `at_most`.
  virtual bool run_until(const std::function<bool()>& done, std::chrono::milliseconds at_most) = 0;
  /// The time within which anything must have happened. Default 10 s.
  virtual std::chrono::milliseconds patience() const { return std::chrono::seconds(10); }

  /// Whether the transport can carry this message at all; one of lines cannot carry the end of one. Default: any. Text
  /// is UTF-8 always.
  virtual bool carries(const ClientMessage& message) const;

  // What only some fixtures can. The default means: not this one.

  /// The transport that is connected, while it is; else null, the default.
  virtual Transport* transport();
  /// The client reads nothing until `start_reading`; what the transport writes must pile up before long. False: cannot.
  virtual bool stop_reading();
  /// Ends what `stop_reading` began.
  virtual void start_reading();
};

/// One rule of Transport, and how it is tried.
class SIGNALING_API TransportCase {
 public:
  /// How the rule is tried.
  using Body = void (*)(TransportWorld&);
  /// Made by transport_contract().
  constexpr TransportCase(std::string_view name, std::string_view rule, Body body) noexcept
      : name_(name), rule_(rule), body_(body) {}

  /// Fit for the name of a test: lower case letters, digits and `_`.
  constexpr std::string_view name() const noexcept { return name_; }
  /// What a transport does that passes.
  constexpr std::string_view rule() const noexcept { return rule_; }
  /// Throws nothing; what the fixture throws is a failure.
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
