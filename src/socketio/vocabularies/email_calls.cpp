// Path 3/8 and 6/8: the vocabulary "email-calls". Clients meet in rooms and call each other by e-mail
// address, which is an alias.
#include <string>

#include "signaling/protocols/peer_name.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_writer.hpp"
#include "socketio/vocabularies/languages.hpp"
#include "socketio/vocabularies/vocabulary_encoder.hpp"
#include "socketio/vocabularies/vocabulary_protocol.hpp"

namespace signaling::socketio {
namespace {

using text::JsonWriter;
using text::members_of;

constexpr std::string_view language_name = "email-calls";
constexpr std::string_view alias_prefix = "\037email-calls:";

JsonWriter& write_email(JsonWriter& out, std::string_view id, std::string_view metadata) {
  return protocols::write_peer_name(out, protocols::claimed_name(metadata, "emailID"), id);
}

class EmailCallsEncoder final : public VocabularyEncoder {
 public:
  EmailCallsEncoder(std::string_view nsp, const VocabularyOptions& /*options*/) : VocabularyEncoder(nsp) {}

 private:
  void write_joined(const event::Joined& joined, Frames& frames) const override {
    EventWriter event(event_header(), "joined_room", 64 + joined.room.size());
    event.out().raw(R"({"roomID":)").string(joined.room).raw("}");
    frames.push_back(event.finish());
  }

  void write_peer_joined(const event::PeerJoined& joined, Frames& frames) const override {
    EventWriter event(event_header(), "user_joined",
                      64 + joined.peer.id.size() + joined.peer.metadata.size());
    write_email(event.out().raw(R"({"emailID":)"), joined.peer.id, joined.peer.metadata).raw("}");
    frames.push_back(event.finish());
  }

  void write_message(const event::Message& sent, Frames& frames) const override {
    const Message& message = sent.message;
    const bool is_own = message.language == language_name;
    const Content content = is_own ? unpack_content(message.original) : Content();
    const std::string header = event_header(content.attachments.size());
    const auto write_data = [&](JsonWriter& out) {
      (is_own ? out.raw(content.json) : write_payload(out, message)).raw("}");
    };
    if (message.type == MessageType::offer) {
      EventWriter event(header, "incoming_call", expected_size(sent));
      write_email(event.out().raw(R"({"from":)"), sent.from, sent.from_metadata);
      write_data(event.out().raw(R"(,"offer":)"));
      frames.push_back(event.finish());
    } else if (message.type == MessageType::answer) {
      EventWriter event(header, "call_accepted", expected_size(sent));
      write_data(event.out().raw(R"({"ans":)"));
      frames.push_back(event.finish());
    } else {
      return;
    }
    append_attachments(content, frames);
  }
};

class EmailCallsProtocol final : public VocabularyProtocol {
 public:
  static constexpr std::string_view language = language_name;

  EmailCallsProtocol(std::shared_ptr<const Encoder> encoder, const VocabularyOptions& /*options*/)
      : VocabularyProtocol(language, std::move(encoder)) {}

 private:
  void handle(const ClientEvent& event, Commands& commands) override {
    if (event.is("join_room")) return join(event, commands);
    if (event.is("call_user")) return call(event, "call_user", MessageType::offer, "offer", commands);
    if (event.is("call_accepted")) return call(event, "call_accepted", MessageType::answer, "ans", commands);
  }

  void join(const ClientEvent& event, Commands& commands) {
    const auto [room, email] = members_of(event.arguments[0].text, {"roomID", "emailID"});
    command::Join join;
    join.request = "join_room";
    join.room = texts().name(room);
    const std::string_view address = texts().name(email);
    if (join.room.empty() || address.empty()) {
      return reject("The event needs an object with 'roomID' and 'emailID'.", join.request, commands);
    }
    join.metadata = texts().keep(protocols::claimed_metadata(object_of({{"emailID", email}})));
    join.alias = texts().keep(std::string(alias_prefix).append(address));
    join.alias_in_use = command::Join::AliasInUse::take_over;
    commands.emplace_back(join);
  }

  void call(const ClientEvent& event, std::string_view request, MessageType type, std::string_view field,
            Commands& commands) {
    const auto [email, data] = members_of(event.arguments[0].text, {"emailID", field});
    const std::string_view name = texts().name(email);
    if (name.empty()) return reject("The event needs an object with 'emailID'.", request, commands);
    command::Send send = make_send(type, request);
    send.message.to = protocols::address_of(name, alias_prefix, texts());
    const std::string_view content = data.is_present() ? data.text : std::string_view("null");
    set_content(send.message, event, content, data);
    send.message.reach = Reach::speakers;
    commands.emplace_back(send);
  }
};

}  // namespace

std::shared_ptr<const Vocabulary> make_email_calls(std::string_view nsp, const VocabularyOptions& options) {
  return std::make_shared<VocabularyOf<EmailCallsEncoder, EmailCallsProtocol>>(nsp, options);
}

}  // namespace signaling::socketio
