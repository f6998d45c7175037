#include "signaling/socketio/argument.hpp"

#include "signaling/socketio/packet.hpp"
#include "signaling/text/json_members.hpp"
#include "signaling/text/json_writer.hpp"
#include "socketio/placeholders.hpp"

namespace signaling::socketio {
namespace {

constexpr std::string_view first_placeholder = R"({"_placeholder":true,"num":0})";

// The attachment that `json`, if it is nothing but a placeholder, stands for.
const Frame* find_attachment(std::string_view json, const std::vector<Frame>& attachments) {
  const auto index = attachment_of(json);
  return index && *index < attachments.size() ? &attachments[*index] : nullptr;
}

}  // namespace

Argument::Argument(std::string_view json, Attachments attachments) : json_(json), is_valid_(true) {
  // Nearly all values of a packet with attachments that have none of their own are seen here to have none.
  const bool may_have_some =
      json.find('\\') != std::string_view::npos || json.find("_placeholder") != std::string_view::npos;
  if (!attachments || !may_have_some) return;
  attachments_ = std::move(attachments);
  bytes_ = find_attachment(json_, *attachments_);
}

Argument Argument::binary(std::span<const std::byte> bytes) {
  return {first_placeholder, std::make_shared<const std::vector<Frame>>(1, Frame::binary(bytes))};
}

std::optional<std::string> Argument::as_string() const {
  text::JsonValue value;
  if (!text::JsonScanner(json_, 1).read_text(value)) return std::nullopt;
  return value.as_string();
}

Argument Argument::member(std::string_view name) const {
  text::JsonValue value;
  if (!text::read_members(json_, std::span(&name, 1), std::span(&value, 1)) || !value.is_present()) {
    return {};
  }
  return {value.text, attachments_};
}

Arguments::Arguments(const PacketValues& values, std::span<const Frame> attachments) {
  Argument::Attachments shared;
  if (!attachments.empty()) {
    shared = std::make_shared<const std::vector<Frame>>(attachments.begin(), attachments.end());
  }
  values_.reserve(values.arguments.size());
  for (const std::string_view value : values.arguments) values_.push_back(Argument(value, shared));
}

const Argument& Arguments::operator[](std::size_t index) const noexcept {
  static const Argument none;
  return index < values_.size() ? values_[index] : none;
}

std::string quote(std::string_view text) { return text::json_string(text); }

}  // namespace signaling::socketio
