#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/protocol.hpp"

namespace signaling::socketio {

struct Emission;

/// Writes for the clients of a namespace whose events the host handles: the answer to CONNECT, events and
/// acknowledgements; and notes for their transports. What the router tells of other peers is not for them.
class HostEncoder final : public Encoder {
 public:
  explicit HostEncoder(std::string_view nsp) : nsp_(nsp) {}
  void encode(const Event& event, std::vector<Frame>& frames) const override;

 private:
  void encode_error(const event::Error& error, std::vector<Frame>& frames) const;
  void encode_message(const event::Message& sent, std::vector<Frame>& frames) const;
  void encode_emission(std::string_view name, const Emission& emission, std::vector<Frame>& frames) const;
  void encode_foreign(const event::Message& sent, std::vector<Frame>& frames) const;

  std::string nsp_;
};

}  // namespace signaling::socketio
