#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "signaling/socketio/vocabularies.hpp"
#include "support/vocabulary_client.hpp"

namespace signaling::socketio::test {

using signaling::testing::Lines;
using signaling::testing::native_client;
using signaling::testing::ProtocolClient;
using signaling::testing::ProtocolClientPtr;
using signaling::testing::ScriptWorld;

/// What TokenPeersConnections answers over a store that completes at once.
inline std::string connections(const Router& router) {
  std::string result;
  TokenPeersConnections(router).ask(
      [&](std::error_code error, std::string json) { result = error ? error.message() : std::move(json); });
  return result;
}

/// A router with clients of one vocabulary, at 08:49:37 on 5 November 2024.
struct VocabularyWorld : ScriptWorld {
  explicit VocabularyWorld(std::string_view name, RouterOptions options = {})
      : ScriptWorld(std::move(options)), name_(name) {}

  /// One that is connected, and has forgotten that it was told so.
  ProtocolClientPtr client(std::string id, std::string_view nsp = main_namespace) {
    auto client = connect(std::move(id), {}, nsp);
    client->forget();
    return client;
  }
  ProtocolClientPtr connect(std::string id, std::string token = {}, std::string_view nsp = main_namespace) {
    return std::make_unique<ProtocolClient>(*this, vocabulary(nsp).make_protocol(), std::move(id),
                                            std::move(token));
  }
  const Vocabulary& vocabulary(std::string_view nsp = main_namespace) {
    auto& vocabulary = vocabularies_[std::string(nsp)];
    if (!vocabulary) {
      VocabularyOptions options;
      options.wall_clock = [] {
        return std::chrono::system_clock::time_point(std::chrono::seconds(1730796577));
      };
      options.members = [this](std::string_view room) {
        const auto found = router.find_room(room);
        return found ? found->members() : std::vector<Member>();
      };
      vocabulary = Vocabulary::make(name_, nsp, options);
    }
    return *vocabulary;
  }

 private:
  std::string_view name_;
  std::map<std::string, std::shared_ptr<const Vocabulary>> vocabularies_;
};

}  // namespace signaling::socketio::test
