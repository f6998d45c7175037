// Path 3/8 and 6/8: message -> command, and message -> text. Next: core/peer_session.cpp, core/frame.cpp
#include "signaling/protocols/y_webrtc.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "signaling/core/json_frame.hpp"
#include "signaling/text/json_editor.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/kept_texts.hpp"

namespace signaling::protocols {
namespace {

using text::JsonKind;
using text::JsonScanner;
using text::JsonValue;

using Commands = std::vector<Command>;

constexpr std::string_view y_webrtc_language = "y-webrtc";
constexpr std::size_t publish_overhead = 64;

class YWebrtcEncoder final : public Encoder {
 public:
  YWebrtcEncoder(std::shared_ptr<const YWebrtcOptions> options,
                 std::function<std::size_t(std::string_view)> count)
      : options_(std::move(options)), count_(std::move(count)) {}

  void encode(const Event& event, std::vector<Frame>& frames) const override {
    const auto* const sent = std::get_if<event::Message>(&event);
    if (sent == nullptr || !sent->message.to.empty() || sent->message.type != MessageType::message) return;
    if (!sent->message.room.starts_with(options_->room_prefix)) return;
    frames.push_back(sent->message.language == y_webrtc_language ? own(sent->message)
                                                                 : translated(sent->message));
  }

 private:
  static Frame with_clients(JsonFrame& out, std::size_t count) {
    out.raw(",\"clients\":").number(count).raw("}");
    return out.finish();
  }
  // The last brace of an object is its end, whatever space is behind it.
  Frame own(const Message& message) const {
    JsonFrame out(publish_overhead + message.original.size());
    out.raw(message.original.substr(0, message.original.rfind('}')));
    return with_clients(out, count_(message.room));
  }
  Frame translated(const Message& message) const {
    JsonFrame out(publish_overhead + message.room.size() + message.payload.size());
    out.raw(R"({"type":"publish","topic":)").string(message.room.substr(options_->room_prefix.size()));
    out.raw(",\"data\":");
    if (message.kind == MessageKind::binary) {
      out.base64(message.payload);
    } else {
      out.raw(message.payload.empty() ? std::string_view("null") : message.payload);
    }
    return with_clients(out, count_(message.room));
  }

  std::shared_ptr<const YWebrtcOptions> options_;
  std::function<std::size_t(std::string_view)> count_;
};

class YWebrtcProtocol final : public Protocol {
 public:
  YWebrtcProtocol(std::shared_ptr<const YWebrtcOptions> options, std::shared_ptr<const Encoder> encoder)
      : options_(std::move(options)), encoder_(std::move(encoder)) {}

  std::string_view name() const noexcept override { return y_webrtc_language; }
  RoomLimits room_limits(const Limits& limits) const noexcept override;
  void decode(const MessageView& message, Commands& commands) override;
  const std::shared_ptr<const Encoder>& encoder() const noexcept override { return encoder_; }

 private:
  void subscribe(const JsonValue& topics, Commands& commands);
  void unsubscribe(const JsonValue& topics, Commands& commands);
  void publish(std::string_view message, const JsonValue& topic, const JsonValue& data, bool has_clients,
               Commands& commands);
  template <class Function>
  void for_each_topic(const JsonValue& topics, Commands& commands, Function function);
  std::string_view topic_of(const JsonValue& value);
  std::string_view room_of(std::string_view topic);

  const std::shared_ptr<const YWebrtcOptions> options_;
  const std::shared_ptr<const Encoder> encoder_;
  text::KeptTexts texts_;
  // With the number of the last message that has subscribed to them. What a policy has refused is among them.
  std::map<std::string, std::uint64_t, std::less<>> topics_;
  std::uint64_t subscriptions_ = 0;
};

void ignore(errc code, Commands& commands) { commands.emplace_back(command::Invalid{code, {}, {}}); }

// A client that reconnects subscribes to all of its topics in one message.
RoomLimits YWebrtcProtocol::room_limits(const Limits& limits) const noexcept {
  const std::size_t max_topic_bytes = options_->max_topic_bytes;
  const auto burst = static_cast<std::uint32_t>(std::min<std::size_t>(2 * options_->max_topics, 1U << 20U));
  return {options_->max_topics, max_topic_bytes == 0 ? 0 : options_->room_prefix.size() + max_topic_bytes,
          std::max(burst, limits.join_burst)};
}

void YWebrtcProtocol::decode(const MessageView& message, Commands& commands) {
  texts_.clear();
  static constexpr std::array<std::string_view, 5> names{"type", "topics", "topic", "data", "clients"};
  std::array<JsonValue, 5> fields;
  if (!text::read_members(message.bytes, names, fields, options_->max_json_depth)) {
    return ignore(errc::bad_json, commands);
  }
  const auto& [type, topics, topic, data, clients] = fields;
  if (type.equals("publish")) return publish(message.bytes, topic, data, clients.is_present(), commands);
  if (type.equals("subscribe")) return subscribe(topics, commands);
  if (type.equals("unsubscribe")) return unsubscribe(topics, commands);
  if (!type.equals("ping")) return ignore(errc::unknown_type, commands);
  commands.emplace_back(command::Reply{{Frame::text(R"({"type":"pong"})")}});
}

// In one message, each topic counts once. A later message asks again for what the policy has refused.
void YWebrtcProtocol::subscribe(const JsonValue& topics, Commands& commands) {
  ++subscriptions_;
  bool is_full = false;
  for_each_topic(topics, commands, [&](std::string_view topic) {
    auto found = topics_.find(topic);
    if (found == topics_.end()) {
      is_full = options_->max_topics != 0 && topics_.size() >= options_->max_topics;
      if (is_full) return;
      found = topics_.emplace(topic, 0).first;
    }
    if (std::exchange(found->second, subscriptions_) == subscriptions_) return;
    command::Join join;
    join.room = room_of(topic);
    join.answer = command::Join::Answer::none;
    commands.emplace_back(join);
  });
  if (is_full) ignore(errc::too_many_rooms, commands);
}

void YWebrtcProtocol::unsubscribe(const JsonValue& topics, Commands& commands) {
  for_each_topic(topics, commands, [&](std::string_view topic) {
    const auto found = topics_.find(topic);
    if (found == topics_.end()) return;
    topics_.erase(found);
    commands.emplace_back(command::Leave{room_of(topic), {}});
  });
}

void YWebrtcProtocol::publish(std::string_view message, const JsonValue& topic, const JsonValue& data,
                              bool has_clients, Commands& commands) {
  const std::string_view name = topic_of(topic);
  if (name.empty()) return ignore(errc::bad_id, commands);
  if (has_clients) {
    text::JsonEditor editor(message);
    while (const text::JsonMember* const member = editor.next()) {
      if (member->name.equals("clients")) editor.remove();
    }
    message = texts_.keep(editor.finish());
  }
  command::Send send;
  send.message.room = room_of(name);
  send.message.payload = data.is_present() ? data.text : std::string_view("null");
  send.message.audience = Audience::everybody;
  send.message.reach = Reach::anybody;  // publishing needs no subscription
  send.message.language = y_webrtc_language;
  send.message.original = message;
  commands.emplace_back(send);
}

template <class Function>
void YWebrtcProtocol::for_each_topic(const JsonValue& topics, Commands& commands, Function function) {
  if (topics.kind != JsonKind::array) return ignore(errc::bad_request, commands);
  JsonScanner scanner(topics.text);
  JsonValue element;
  while (scanner.next_element(element) == JsonScanner::Step::member) {
    const std::string_view topic = topic_of(element);
    if (!topic.empty()) function(topic);
  }
}

// Empty: no topic, or a longer one than there may be.
std::string_view YWebrtcProtocol::topic_of(const JsonValue& value) {
  if (value.kind != JsonKind::string) return {};
  const std::string_view topic = texts_.name(value);
  const std::size_t max_bytes = options_->max_topic_bytes;
  return max_bytes == 0 || topic.size() <= max_bytes ? topic : std::string_view();
}

std::string_view YWebrtcProtocol::room_of(std::string_view topic) {
  return options_->room_prefix.empty() ? topic : texts_.keep(options_->room_prefix + std::string(topic));
}

}  // namespace

YWebrtc::YWebrtc(std::function<std::size_t(std::string_view)> count, YWebrtcOptions options)
    : options_(std::make_shared<const YWebrtcOptions>(std::move(options))),
      encoder_(std::make_shared<const YWebrtcEncoder>(options_, std::move(count))) {}

std::string_view YWebrtc::path() const noexcept { return "/y-webrtc"; }

std::unique_ptr<Protocol> YWebrtc::make(const ConnectInfo& /*info*/) const {
  return std::make_unique<YWebrtcProtocol>(options_, encoder_);
}

}  // namespace signaling::protocols
