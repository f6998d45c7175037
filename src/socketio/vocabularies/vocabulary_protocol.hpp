#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/protocol.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/kept_texts.hpp"

namespace signaling::socketio {

using Commands = std::vector<Command>;

/// One event of a client: its name, and as many arguments as any vocabulary looks at. Missing ones have an
/// empty text.
struct ClientEvent {
  text::JsonValue name;
  std::array<text::JsonValue, 3> arguments;
  /// What placeholders in the arguments stand for.
  std::vector<std::string_view> attachments;

  bool is(std::string_view expected) const noexcept { return name.equals(expected); }
};

/// Takes events apart for the vocabularies.
class VocabularyProtocol : public Protocol {
 public:
  VocabularyProtocol(std::string_view name, std::shared_ptr<const Encoder> encoder)
      : name_(name), encoder_(std::move(encoder)) {}

  std::string_view name() const noexcept final { return name_; }
  /// Engine.IO bounds them: EngineOptions::max_payload_bytes.
  std::size_t max_message_bytes(const Limits& /*limits*/) const noexcept final { return 0; }
  void decode(const MessageView& message, Commands& commands) final;
  const std::shared_ptr<const Encoder>& encoder() const noexcept final { return encoder_; }

 protected:
  /// Appends what the event asks for: nothing, if the vocabulary does not have it.
  virtual void handle(const ClientEvent& event, Commands& commands) = 0;

  /// A send in this language, with the tag that all commands need: see VocabularyEncoder.
  command::Send make_send(MessageType type, std::string_view request) const;
  /// `original` is what clients of this language get of the event; all others get `payload`, in which attachments are
  /// strings of base64, or which is binary as a whole.
  void set_content(Message& message, const ClientEvent& event, std::string_view original,
                   const text::JsonValue& payload);
  text::KeptTexts& texts() noexcept { return texts_; }

 private:
  std::string_view name_;
  std::shared_ptr<const Encoder> encoder_;
  text::KeptTexts texts_;
};

/// Appends the error for an event that lacks something. `request` as in commands.
void reject(std::string_view message, std::string_view request, Commands& commands);

/// An object of those members that are present: `{"a":…,"b":…}`.
std::string object_of(std::initializer_list<std::pair<std::string_view, text::JsonValue>> members);

}  // namespace signaling::socketio
