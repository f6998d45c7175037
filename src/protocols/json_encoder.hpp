#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "signaling/core/protocol.hpp"

namespace signaling::protocols {

/// Writes the server's messages of the native protocol.
class JsonEncoder final : public Encoder {
 public:
  /// `ice_servers`: a JSON array as text.
  JsonEncoder(std::chrono::milliseconds heartbeat, std::string_view ice_servers);

  void encode(const Event& event, std::vector<Frame>& frames) const override;
  void encode_ice_servers(std::string_view servers, std::vector<Frame>& frames) const override;

 private:
  /// The field `heartbeatMs` of every welcome.
  std::string heartbeat_;
  /// For peers whose policy has none of its own.
  std::string ice_servers_;
};

}  // namespace signaling::protocols
