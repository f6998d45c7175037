#include "socketio/argument_list.hpp"

#include <algorithm>

#include "protocols/json_scanner.hpp"
#include "socketio/placeholders.hpp"

namespace signaling::socketio {

bool is_json(std::string_view text) noexcept {
  protocols::JsonValue value;
  return protocols::JsonScanner(text, protocols::max_json_nesting).read_text(value);
}

ArgumentList::ArgumentList(const Arguments& arguments) : count_(arguments.size()) {
  for (const Argument& argument : arguments) add(argument);
  array_ += ']';
  is_binary_ = count_ == 1 && arguments[0].is_binary();
  if (error_ == errc::ok && !attachments_.empty() && !placeholders_fit(text(), attachments_.size())) {
    error_ = errc::bad_request;
  }
}

void ArgumentList::add(const Argument& argument) {
  if (!argument.is_valid_ && !is_json(argument.json_)) error_ = errc::bad_json;
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

void ArgumentList::set_payload(Envelope& envelope) const noexcept {
  envelope.payload = count_ > 1 ? std::string_view(array_) : text();
  if (!is_binary_) return;
  envelope.kind = MessageKind::binary;
  envelope.payload = attachments_.front().text_view();
}

}  // namespace signaling::socketio
