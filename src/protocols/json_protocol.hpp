#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/protocol.hpp"

namespace signaling::protocols {

inline constexpr std::string_view json_subprotocol = "signaling.v1";

/// One client's `signaling.v1`. See Json.
class JsonProtocol final : public Protocol {
 public:
  /// `max_depth`: as JsonOptions::max_depth.
  JsonProtocol(std::shared_ptr<const Encoder> encoder, std::size_t max_depth) noexcept
      : encoder_(std::move(encoder)), max_depth_(max_depth) {}

  std::string_view name() const noexcept override { return json_subprotocol; }
  bool tells_resume_secret() const noexcept override { return true; }
  bool is_counted(const MessageView& message) const noexcept override;
  void decode(const MessageView& message, std::vector<Command>& commands) override;
  const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }

 private:
  const std::shared_ptr<const Encoder> encoder_;
  const std::size_t max_depth_;
  /// Strings of the last message that had to be unescaped.
  std::string scratch_;
};

}  // namespace signaling::protocols
