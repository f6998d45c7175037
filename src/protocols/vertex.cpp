// Path 3/8: message -> command. Next: core/peer_session.cpp
#include "signaling/protocols/vertex.hpp"

#include <array>
#include <string>
#include <utility>

#include "protocols/vertex_encoder.hpp"
#include "signaling/protocols/peer_name.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_writer.hpp"
#include "signaling/text/kept_texts.hpp"

namespace signaling::protocols {
namespace {

using text::JsonKind;
using text::JsonValue;
using text::members_of;
using text::read_members;

using Commands = std::vector<Command>;

// A type that is longer is not repeated to the client that sent it.
constexpr std::size_t max_echo = 64;

void reply(Frame frame, Commands& commands) {
  command::Reply reply;
  reply.frames.push_back(std::move(frame));
  commands.emplace_back(std::move(reply));
}

Frame unknown_type(const JsonValue& type) {
  std::string reason = R"("Unable to process request, may not be correct \"type\")";
  // What stands in a JSON string may stand in another.
  if (type.kind == JsonKind::string && type.is_present() && type.text.size() <= max_echo) {
    reason += type.unquoted();
  }
  return vertex_error(reason += '"');
}

class VertexProtocol final : public Protocol {
 public:
  VertexProtocol(std::shared_ptr<const Encoder> encoder, const VertexOptions& options)
      : encoder_(std::move(encoder)), max_json_depth_(options.max_json_depth) {}

  std::string_view name() const noexcept override { return vertex_language; }
  void decode(const MessageView& message, Commands& commands) override;
  const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }

 private:
  void register_client(const JsonValue& data, Commands& commands);
  void relay(MessageType type, std::string_view message, const JsonValue& data, Commands& commands);
  void bye(const JsonValue& data, Commands& commands);
  std::array<std::string_view, 2> ends_of(std::string_view session) const;
  void say_bye(std::string_view end, std::string_view session, Commands& commands);

  std::shared_ptr<const Encoder> encoder_;
  const std::size_t max_json_depth_;
  text::KeptTexts texts_;
  /// Empty until the client has said `new`.
  std::string id_;
};

void VertexProtocol::decode(const MessageView& message, Commands& commands) {
  if (message.kind == MessageKind::binary) return;
  texts_.clear();
  std::array<JsonValue, 2> fields;
  static constexpr std::array<std::string_view, 2> names{"type", "data"};
  if (!read_members(message.bytes, names, fields, max_json_depth_)) {
    commands.emplace_back(
        command::Invalid{errc::bad_json, "Unable to process request, it is not a JSON object", {}});
    return;
  }
  const auto& [type, data] = fields;
  const std::string_view name = type.kind == JsonKind::string ? texts_.name(type) : std::string_view();
  for (const auto relayed : {MessageType::candidate, MessageType::offer, MessageType::answer}) {
    if (name == to_string(relayed)) return relay(relayed, message.bytes, data, commands);
  }
  if (name == "new") return register_client(data, commands);
  if (name == "bye") return bye(data, commands);
  if (name != "leave") reply(unknown_type(type), commands);
}

void VertexProtocol::register_client(const JsonValue& data, Commands& commands) {
  static constexpr std::string_view request = "new";
  static constexpr std::array<std::string_view, 4> names{"id", "device_name", "username", "user_agent"};
  std::array<JsonValue, 4> fields;
  const bool is_object = read_members(data.text, names, fields);
  const std::string_view id = texts_.name(fields[0]);
  if (!is_object || id.empty()) {
    commands.emplace_back(command::Invalid{errc::bad_request, "Peer id not found", request});
    return;
  }
  // Who says anew who it is was never there as anybody else.
  if (!id_.empty()) commands.emplace_back(command::Leave{vertex_room, vertex_leave_request});
  id_ = id;
  std::string metadata;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!fields[i].is_present()) continue;
    metadata.append(metadata.empty() ? "{\"" : ",\"").append(names[i]).append("\":").append(fields[i].text);
  }
  command::Join join;
  join.room = vertex_room;
  join.metadata = texts_.keep(claimed_metadata(metadata += '}'));
  join.request = request;
  join.alias = texts_.keep(std::string(vertex_alias_prefix) + id_);
  join.capacity = command::Join::Capacity::unlimited;
  commands.emplace_back(join);
}

void VertexProtocol::relay(MessageType type, std::string_view message, const JsonValue& data,
                           Commands& commands) {
  const auto [to, description, candidate] = members_of(data.text, {"to", "description", "candidate"});
  const std::string_view name = texts_.name(to);
  if (name.empty()) return reply(Frame::text(R"({"type":"error","data":"Peer to id not found"})"), commands);
  const JsonValue& content = type == MessageType::candidate ? candidate : description;
  command::Send send;
  send.request = to_string(type);
  send.message.type = type;
  send.message.to = address_of(name, vertex_alias_prefix, texts_);
  send.message.payload = content.is_present() ? content.text : data.text;
  send.message.language = vertex_language;
  send.message.original = message;
  send.message.reach = Reach::speakers;
  send.message.audience = Audience::everybody;
  commands.emplace_back(send);
}

void VertexProtocol::bye(const JsonValue& data, Commands& commands) {
  const auto [session] = members_of(data.text, {"session_id"});
  const auto [first, second] = ends_of(texts_.name(session));
  if (first.empty() || second.empty()) {
    return reply(Frame::text(R"({"type":"error","data":"No session id found"})"), commands);
  }
  say_bye(first, session.text, commands);
  say_bye(second, session.text, commands);
}

// Ids may hold the character that joins the two, as UUIDs do: if one is this client's own, it shows where the
// other is.
std::array<std::string_view, 2> VertexProtocol::ends_of(std::string_view session) const {
  const std::size_t size = id_.size();
  if (size != 0 && session.size() > size + 1) {
    const std::size_t rest = session.size() - size - 1;
    if (session.starts_with(id_) && session[size] == '-')
      return {session.substr(0, size), session.substr(size + 1)};
    if (session.ends_with(id_) && session[rest] == '-')
      return {session.substr(0, rest), session.substr(rest + 1)};
  }
  std::size_t dash = session.find(std::string("-").append(peer_id_prefix));
  if (dash == std::string_view::npos) dash = session.find('-');
  if (dash == std::string_view::npos) return {};
  return {session.substr(0, dash), session.substr(dash + 1)};
}

void VertexProtocol::say_bye(std::string_view end, std::string_view session, Commands& commands) {
  std::string payload;
  text::JsonWriter(payload).raw(R"({"to":)").string(end).raw(R"(,"session_id":)").raw(session).raw("}");
  command::Send send;
  send.request = "bye";
  send.message.type = MessageType::event;
  send.message.event = "bye";
  send.message.to = address_of(end, vertex_alias_prefix, texts_);
  send.message.payload = texts_.keep(std::move(payload));
  send.message.language = vertex_language;
  send.message.original = texts_.keep(R"({"type":"bye","data":)" + std::string(send.message.payload) + "}");
  send.message.reach = Reach::speakers;
  send.message.audience = Audience::everybody;
  commands.emplace_back(send);
}

}  // namespace

Vertex::Vertex(std::function<std::vector<Member>()> members, const VertexOptions& options)
    : encoder_(std::make_shared<const VertexEncoder>(std::move(members))), options_(options) {}

std::string_view Vertex::path() const noexcept { return "/ws"; }

std::unique_ptr<Protocol> Vertex::make(const ConnectInfo& /*info*/) const {
  return std::make_unique<VertexProtocol>(encoder_, options_);
}

}  // namespace signaling::protocols
