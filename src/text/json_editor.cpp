#include "signaling/text/json_editor.hpp"

#include <utility>

namespace signaling::text {

const JsonMember* JsonEditor::next() noexcept {
  if (!is_removed_ && member_.value.is_present())
    kept_end_ = member_.value.text.data() + member_.value.text.size();
  const bool was_removed = std::exchange(is_removed_, false);
  if (scanner_.next_member(member_) != JsonScanner::Step::member) return nullptr;
  // The comma behind members that were removed from the front.
  if (was_removed && kept_end_ == nullptr) copied_ = member_.name.text.data();
  return &member_;
}

void JsonEditor::replace(std::string_view json) {
  copy_until(member_.value.text.data());
  result_.append(json);
  copied_ = member_.value.text.data() + member_.value.text.size();
}

void JsonEditor::remove() {
  copy_until(kept_end_ != nullptr ? kept_end_ : member_.name.text.data());
  copied_ = member_.value.text.data() + member_.value.text.size();
  is_removed_ = true;
}

void JsonEditor::copy_until(const char* end) {
  if (copied_ == nullptr) copied_ = object_.data();
  if (copied_ < end) result_.append(copied_, end);
}

std::string JsonEditor::finish() {
  copy_until(object_.data() + object_.size());
  return std::move(result_);
}

}  // namespace signaling::text
