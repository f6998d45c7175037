#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "signaling/core/callback.hpp"
#include "signaling/core/error.hpp"
#include "signaling/core/peer.hpp"
#include "signaling/core/policy.hpp"
#include "signaling/core/protocol.hpp"
#include "signaling/text/export.hpp"

namespace signaling {

class ClientLink;

/// One connection of a client, through which its transport reports to the router: messages of the client, written
/// bytes, and the end. Made by Router::connect.
///
/// Ownership: the host owns it, beside the transport. Destroying it ends the connection with `CloseReason::lost`,
/// unless `disconnect` has given another reason. An empty link does nothing.
/// Threads: everything on the transport's executor.
/// Re-entrancy: `receive` may call Transport::set_reading and the policy, and the link may be disconnected meanwhile;
/// no call runs Transport::write before it returns.
class SIGNALING_API Link {
 public:
  /// An empty link.
  Link() noexcept = default;
  Link(Link&& other) noexcept = default;
  /// Ends the connection that this link had.
  Link& operator=(Link&& other) noexcept;
  ~Link();

  /// False: empty, or disconnected.
  explicit operator bool() const noexcept { return link_ != nullptr; }

  /// Passes on a message of the client, whole and unframed. The bytes need not live longer than the call.
  void receive(const MessageView& message);
  /// Reports that `bytes` message bytes (the sum of Frame::size) that Transport::write took have left.
  void written(std::size_t bytes);
  /// Reports that the client has shown a sign of life that Transport::probe has asked for.
  void alive();
  /// Reports the end of the connection, also after Transport::close: the router does not use the transport any more.
  /// The peer leaves its rooms, or, if its client has asked for a grace and `reason` is `lost`, `timeout`,
  /// `slow_consumer`, `overloaded` or `internal`, waits for a connection that resumes. The link is then empty.
  void disconnect(CloseReason reason);

  /// Reports that the client has lost its connection, and that the transport waits for its next one: the peer is away
  /// meanwhile. It stays for `longest`, or less if Limits::max_resume or Admission::max_resume are less; at the end of
  /// that, Transport::close gets `timeout`. The transport still takes what is written, and reports it as written. False:
  /// the peer cannot stay, and nothing has changed. So it is after an end that was meant, as with `disconnect`, and if the
  /// client has a session.
  bool suspend(CloseReason reason, std::chrono::seconds longest);
  /// The client of a suspended peer has another connection, with this data: asks the policy. If it admits the same user,
  /// the peer is not away any more, and has the new identity; otherwise nothing changes. `done` may run at once, and not
  /// at all if the peer ends before.
  void resume(const ConnectInfo& info, Callback<void(const Decision& decision)> done);

  /// The client's peer. Null until it is admitted, when another connection has resumed it, and when the link is empty.
  std::shared_ptr<Peer> peer() const noexcept;

 private:
  friend class Router;
  explicit Link(std::shared_ptr<ClientLink> link) noexcept : link_(std::move(link)) {}
  void end() noexcept;

  std::shared_ptr<ClientLink> link_;
};

}  // namespace signaling
