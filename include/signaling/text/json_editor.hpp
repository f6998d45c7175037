#pragma once

#include <string>
#include <string_view>

#include "signaling/text/export.hpp"
#include "signaling/text/json_scanner.hpp"

namespace signaling::text {

/// Replaces and removes members of an object, and copies everything else byte for byte:
///
///     JsonEditor editor(object);
///     while (const JsonMember* member = editor.next()) {
///       if (member->name.equals("from")) editor.replace(name);
///     }
///     if (editor.is_edited()) object = editor.finish();
///
/// Lifetime: keeps a view of the object.
/// Errors: the object must be valid, as read_members tells; if it is not, the result is unspecified.
/// Complexity: linear; allocates only with the first edit.
class SIGNALING_API JsonEditor {
 public:
  /// `object`: valid JSON.
  explicit JsonEditor(std::string_view object) noexcept : object_(object), scanner_(object) {}

  /// The next member, valid until the next call. Null: that was all.
  const JsonMember* next() noexcept;
  /// Gives the member that `next` returned last another value, which is JSON. Once at most, and not with `remove`.
  void replace(std::string_view json);
  /// Removes that member, with a comma.
  void remove();

  /// Whether anything was replaced or removed.
  bool is_edited() const noexcept { return copied_ != nullptr; }
  /// The edited object. Once, last.
  std::string finish();

 private:
  void copy_until(const char* end);

  std::string_view object_;
  JsonScanner scanner_;
  JsonMember member_;
  std::string result_;
  const char* copied_ = nullptr;    // up to here the object is in the result, or removed
  const char* kept_end_ = nullptr;  // of the last member that was not removed; null: there is none yet
  bool is_removed_ = false;         // the last member
};

}  // namespace signaling::text
