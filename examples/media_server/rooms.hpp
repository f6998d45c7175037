#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "media_room.hpp"
#include "signaling/core/policy.hpp"

/// All rooms, and who may join them: a room begins with the first who asks for it, and has a bounded number of places.
///
/// It is made before the router, which its rooms need: `serve` brings them together.
class Rooms final : public signaling::Policy {
 public:
  explicit Rooms(std::size_t capacity) : capacity_(capacity) {}

  void serve(const MediaContext& context) { context_ = std::make_unique<MediaContext>(context); }
  /// Ends all rooms.
  void close();
  /// Ends the rooms that nobody is in.
  void sweep();
  std::vector<std::string> names() const;

  void authorize_join(const signaling::Peer& peer, const signaling::JoinAttempt& attempt,
                      signaling::Callback<void(signaling::Decision)> done) override;

 private:
  signaling::Decision decide(const std::string& room);

  std::size_t capacity_;
  std::unique_ptr<MediaContext> context_;
  std::map<std::string, std::unique_ptr<MediaRoom>> rooms_;
};
