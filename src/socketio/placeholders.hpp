#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace signaling::socketio {

/// True if each object with a member `_placeholder` in `json`, which is valid, also has a `num` that counts one of
/// `attachments`. Otherwise every client that a packet is relayed to would fail on it, and close its connection.
/// Values with commas between them are fine too.
bool placeholders_fit(std::string_view json, std::size_t attachments) noexcept;

/// The number of the attachment that `json` stands for, if it is nothing but a placeholder.
std::optional<std::size_t> attachment_of(std::string_view json) noexcept;

/// The same values, whose placeholders count from `by` on: for attachments that stand behind `by` others.
std::string shift_placeholders(std::string_view json, std::size_t by);

/// The same values, in which attachments are strings of base64 where their placeholders were: for receivers that know
/// JSON alone.
std::string inline_attachments(std::string_view json, std::span<const std::string_view> attachments);

}  // namespace signaling::socketio
