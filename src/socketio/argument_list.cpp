#include "socketio/argument_list.hpp"

#include <algorithm>

#include "signaling/text/json_scanner.hpp"
#include "socketio/placeholders.hpp"

namespace signaling::socketio {

ArgumentList::ArgumentList(const Arguments& arguments) : count_(arguments.size()) {
  for (const Argument& argument : arguments) add(argument);
  array_ += ']';
  is_binary_ = count_ == 1 && arguments[0].is_binary();
  if (error_ == errc::ok && !attachments_.empty() && !placeholders_fit(text(), attachments_.size())) {
    error_ = errc::bad_request;
  }
}

void ArgumentList::add(const Argument& argument) {
  if (!argument.is_valid_ && !text::is_json(argument.json_)) error_ = errc::bad_json;
  if (array_.size() > 1) array_ += ',';
  const std::size_t first = argument.attachments_ ? add_attachments(argument.attachments_) : 0;
  if (first == 0) {
    array_ += argument.json_;
  } else {
    array_ += shift_placeholders(argument.json_, first);
  }
}

// Arguments of one packet share their attachments.
std::size_t ArgumentList::add_attachments(const Argument::Attachments& attachments) {
  const auto known =
      std::ranges::find(sources_, attachments.get(), [](const auto& source) { return source.first; });
  if (known != sources_.end()) return known->second;
  const std::size_t first = attachments_.size();
  sources_.emplace_back(attachments.get(), first);
  attachments_.insert(attachments_.end(), attachments->begin(), attachments->end());
  return first;
}

void ArgumentList::set_payload(Message& message) const noexcept {
  message.payload = count_ > 1 ? std::string_view(array_) : text();
  if (!is_binary_) return;
  message.kind = MessageKind::binary;
  message.payload = attachments_.front().text_view();
}

}  // namespace signaling::socketio
