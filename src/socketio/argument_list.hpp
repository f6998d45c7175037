#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signaling/core/error.hpp"
#include "signaling/core/message.hpp"
#include "signaling/socketio/argument.hpp"

namespace signaling::socketio {

/// Arguments on their way into a packet: one text, one list of attachments, and placeholders that fit it.
class ArgumentList {
 public:
  explicit ArgumentList(const Arguments& arguments);

  /// `bad_json`: an argument is none. `bad_request`: placeholders stand for nothing.
  errc error() const noexcept { return error_; }
  /// The values with commas between them.
  std::string_view text() const noexcept { return std::string_view(array_).substr(1, array_.size() - 2); }
  const std::vector<Frame>& attachments() const noexcept { return attachments_; }

  /// What peers of other languages get as payload: nothing, the only argument, or the array of all.
  void set_payload(Message& message) const noexcept;

 private:
  void add(const Argument& argument);
  std::size_t add_attachments(const Argument::Attachments& attachments);

  std::string array_ = "[";
  std::vector<Frame> attachments_;
  /// Those that were added, and where they begin.
  std::vector<std::pair<const void*, std::size_t>> sources_;
  std::size_t count_ = 0;
  errc error_ = errc::ok;
  bool is_binary_ = false;
};

}  // namespace signaling::socketio
