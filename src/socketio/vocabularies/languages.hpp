#pragma once

#include <memory>
#include <string_view>

#include "signaling/socketio/vocabularies.hpp"

namespace signaling::socketio {

/// A vocabulary is an encoder and a protocol that fit together.
template <class EncoderType, class ProtocolType>
class VocabularyOf final : public Vocabulary {
 public:
  VocabularyOf(std::string_view nsp, const VocabularyOptions& options)
      : options_(options), encoder_(std::make_shared<const EncoderType>(nsp, options)) {}

  std::string_view name() const noexcept override { return ProtocolType::language; }
  std::unique_ptr<Protocol> make_protocol() const override {
    return std::make_unique<ProtocolType>(encoder_, options_);
  }

 private:
  VocabularyOptions options_;
  std::shared_ptr<const Encoder> encoder_;
};

/// Each of these is defined in the file of its name. `options` are complete.
std::shared_ptr<const Vocabulary> make_email_calls(std::string_view nsp, const VocabularyOptions& options);
std::shared_ptr<const Vocabulary> make_redis_rooms(std::string_view nsp, const VocabularyOptions& options);
std::shared_ptr<const Vocabulary> make_rooms_mesh(std::string_view nsp, const VocabularyOptions& options);
std::shared_ptr<const Vocabulary> make_token_peers(std::string_view nsp, const VocabularyOptions& options);

}  // namespace signaling::socketio
