// Path 3/8 and 6/8: message -> command, and message -> text. Next: core/peer_session.cpp, core/frame.cpp
#include "signaling/protocols/libdatachannel.hpp"

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include "protocols/path_name.hpp"
#include "signaling/core/json_frame.hpp"
#include "signaling/protocols/peer_name.hpp"
#include "signaling/text/json_editor.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/kept_texts.hpp"

namespace signaling::protocols {
namespace {

using text::JsonKind;
using text::JsonValue;

using Commands = std::vector<Command>;

constexpr std::string_view libdatachannel_language = "libdatachannel";
constexpr std::string_view libdatachannel_prefix = "\037libdatachannel:";
constexpr std::string_view libdatachannel_join = "join";
constexpr std::size_t description_overhead = 96;

// RFC 6455 7.4.1, and a close code of the native protocol.
constexpr std::uint16_t policy_violation_code = 1008;
constexpr std::uint16_t kicked_code_of_native = 4403;

class LibdatachannelEncoder final : public Encoder {
 public:
  void encode(const Event& event, std::vector<Frame>& frames) const override {
    if (const auto* sent = std::get_if<event::Message>(&event)) {
      sent->message.language == libdatachannel_language ? encode_own(*sent, frames)
                                                        : encode_other(*sent, frames);
    } else if (const auto* error = std::get_if<event::Error>(&event)) {
      if (error->request != libdatachannel_join) return;
      frames.push_back(Frame::close(policy_violation_code, error->message));
    } else if (const auto* end = std::get_if<event::Left>(&event)) {
      frames.push_back(Frame::close(kicked_code_of_native, end->message));
    }
  }

 private:
  static std::string sender_of(const event::Message& sent) {
    return peer_name(claimed_name(sent.from_metadata, "id"), sent.from);
  }

  static void encode_own(const event::Message& sent, std::vector<Frame>& frames) {
    const std::string sender = sender_of(sent);
    text::JsonEditor editor(sent.message.original);
    while (const text::JsonMember* const member = editor.next()) {
      if (member->name.equals("id")) editor.replace(sender);
    }
    frames.push_back(Frame::text(editor.finish()));
  }

  static void encode_other(const event::Message& sent, std::vector<Frame>& frames) {
    const Message& message = sent.message;
    const bool is_candidate = message.type == MessageType::candidate;
    const bool is_description = message.type == MessageType::offer || message.type == MessageType::answer;
    if (message.kind == MessageKind::binary || !(is_candidate || is_description)) return;
    const auto [sdp, candidate, mid] = text::members_of(message.payload, {"sdp", "candidate", "sdpMid"});
    const JsonValue& content = is_candidate ? candidate : sdp;
    if (content.kind != JsonKind::string) return;
    JsonFrame out(description_overhead + message.payload.size());
    out.raw("{\"id\":").raw(sender_of(sent)).raw(R"(,"type":")").raw(to_string(message.type));
    out.raw(is_candidate ? R"(","candidate":)" : R"(","description":)").raw(content.text);
    if (is_candidate && mid.is_present()) out.raw(",\"mid\":").raw(mid.text);
    out.raw("}");
    frames.push_back(out.finish());
  }
};

class LibdatachannelProtocol final : public Protocol {
 public:
  LibdatachannelProtocol(std::shared_ptr<const Encoder> encoder, std::string id, std::size_t max_json_depth)
      : encoder_(std::move(encoder)), id_(std::move(id)), max_json_depth_(max_json_depth) {}

  std::string_view name() const noexcept override { return libdatachannel_language; }
  void open(std::string_view id, const Clock& clock, Commands& commands) override;
  void decode(const MessageView& message, Commands& commands) override;
  const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }

 private:
  const std::shared_ptr<const Encoder> encoder_;
  const std::string id_;
  const std::size_t max_json_depth_;
  text::KeptTexts texts_;
};

void LibdatachannelProtocol::open(std::string_view /*id*/, const Clock& /*clock*/, Commands& commands) {
  if (id_.empty()) {
    commands.emplace_back(command::Reply{{Frame::close(policy_violation_code, "The path has no id.")}});
    return;
  }
  command::Join join;
  join.room = libdatachannel_room;
  join.metadata = texts_.keep(libdatachannel_metadata(id_));
  join.request = libdatachannel_join;
  join.alias = texts_.keep(libdatachannel_alias(id_));
  join.alias_in_use = command::Join::AliasInUse::replace;
  join.capacity = command::Join::Capacity::unlimited;
  join.answer = command::Join::Answer::none;
  commands.emplace_back(join);
}

// The payload as other languages know it; empty: they get the message as it is.
std::string payload_of(MessageType type, const JsonValue& content, const JsonValue& mid) {
  if (content.kind != JsonKind::string) return {};
  std::string payload;
  text::JsonWriter out(payload);
  if (type == MessageType::candidate) {
    out.raw("{\"candidate\":").raw(content.text);
    if (mid.is_present()) out.raw(",\"sdpMid\":").raw(mid.text);
  } else {
    out.raw(R"({"type":")").raw(to_string(type)).raw(R"(","sdp":)").raw(content.text);
  }
  out.raw("}");
  return payload;
}

void LibdatachannelProtocol::decode(const MessageView& message, Commands& commands) {
  texts_.clear();
  if (message.kind == MessageKind::binary) return;
  static constexpr std::array<std::string_view, 6> names{"id",  "type",      "description",
                                                         "sdp", "candidate", "mid"};
  std::array<JsonValue, 6> fields;
  if (!text::read_members(message.bytes, names, fields, max_json_depth_)) {
    commands.emplace_back(command::Invalid{errc::bad_json, {}, {}});
    return;
  }
  const auto& [id, type, description, sdp, candidate, mid] = fields;
  const std::string_view receiver = texts_.name(id);
  if (receiver.empty()) {
    commands.emplace_back(command::Invalid{errc::bad_request, {}, {}});
    return;
  }
  command::Send send;
  send.message.to = address_of(receiver, libdatachannel_prefix, texts_);
  send.message.payload = message.bytes;
  for (const auto known : {MessageType::offer, MessageType::answer, MessageType::candidate}) {
    if (!type.equals(to_string(known))) continue;
    const JsonValue& text = description.is_present() ? description : sdp;
    auto payload = payload_of(known, known == MessageType::candidate ? candidate : text, mid);
    if (payload.empty()) continue;
    send.message.type = known;
    send.message.payload = texts_.keep(std::move(payload));
  }
  send.message.language = libdatachannel_language;
  send.message.original = message.bytes;
  send.message.reach = Reach::speakers;
  send.message.audience = Audience::everybody;
  commands.emplace_back(send);
}

}  // namespace

std::string libdatachannel_alias(std::string_view id) {
  return std::string(libdatachannel_prefix).append(id);
}

std::string libdatachannel_metadata(std::string_view id) {
  return claimed_metadata("{\"id\":" + text::json_string(id) + "}");
}

Libdatachannel::Libdatachannel(LibdatachannelOptions options)
    : options_(std::move(options)), encoder_(std::make_shared<const LibdatachannelEncoder>()) {
  if (!path().starts_with('/'))
    throw std::invalid_argument("LibdatachannelOptions::path must begin with '/'");
}

std::unique_ptr<Protocol> Libdatachannel::make(const ConnectInfo& info) const {
  std::string_view path = path_below(info.target, options_.path);
  auto id = path_name(path.substr(0, path.find('/')));
  if (!id) return nullptr;
  return std::make_unique<LibdatachannelProtocol>(encoder_, *std::move(id), options_.max_json_depth);
}

}  // namespace signaling::protocols
