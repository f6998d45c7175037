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

 private:
  /// The end of every welcome.
  std::string welcome_tail_;
};

}  // namespace signaling::protocols
