// What protocols are written with: no input makes it read beyond its end or contradict itself, and what is written can be read.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/require.hpp"
#include "signaling/text/base64.hpp"
#include "signaling/text/json_editor.hpp"
#include "signaling/text/json_scanner.hpp"
#include "signaling/text/json_writer.hpp"
#include "signaling/text/percent.hpp"
#include "signaling/text/utf8.hpp"

namespace {

using namespace signaling::text;

constexpr std::size_t depth = 32;

bool is_inside(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

// A string equals what it stands for, and written again stands for the same.
void check_string(const JsonValue& value) {
  const auto characters = value.as_string();
  if (!characters) return;
  require(is_utf8(*characters) && value.equals(*characters) && !value.equals(*characters + "x"));
  for (const bool in_ascii : {false, true}) {
    std::string json;
    JsonWriter out(json);
    in_ascii ? out.ascii_string(*characters) : out.string(*characters);
    JsonValue again;
    require(JsonScanner(json).read_text(again) && again.as_string() == characters);
  }
}

// Read member by member or as a whole, an object is the same, and each part is JSON by itself.
void check_scanner(std::string_view text) {
  JsonValue whole;
  const bool valid = JsonScanner(text, depth).read_text(whole);
  require(!valid || is_utf8(text));
  JsonScanner members(text, depth);
  JsonMember member;
  auto step = members.next_member(member);
  for (; step == JsonScanner::Step::member; step = members.next_member(member)) {
    require(is_inside(member.name.text, text) && is_json(member.name.text));
    require(is_inside(member.value.text, text) && is_json(member.value.text));
    check_string(member.name);
    check_string(member.value);
  }
  require((step == JsonScanner::Step::end) == (valid && whole.kind == JsonKind::object));
}

// Whatever members are replaced and removed, the rest stays, and an object with it.
void check_editor(std::string_view text) {
  JsonValue whole;
  if (!JsonScanner(text, depth).read_text(whole) || whole.kind != JsonKind::object) return;
  JsonEditor editor(text);
  std::string expected;
  while (const JsonMember* const each = editor.next()) {
    const std::size_t choice = each->name.text.size() % 3;
    if (choice == 0) editor.remove();
    if (choice == 1) editor.replace("7");
    if (choice != 0) expected.append(each->name.text).append(choice == 1 ? "7" : each->value.text);
  }
  if (!editor.is_edited()) return;
  const std::string edited = editor.finish();
  std::string found;
  JsonScanner rest(edited, depth);
  JsonMember member;
  auto step = rest.next_member(member);
  for (; step == JsonScanner::Step::member; step = rest.next_member(member)) {
    found.append(member.name.text).append(member.value.text);
  }
  require(step == JsonScanner::Step::end && found == expected);
}

// Any bytes make a JSON string.
void check_writer(std::string_view bytes) { require(is_json(json_string(bytes))); }

void check_utf8(std::string_view text) {
  std::string_view rest = text;
  while (const std::size_t length = utf8_length(rest)) rest.remove_prefix(length);
  require(rest.empty() == is_utf8(text));
  for (std::size_t max = 0; max < 5; ++max) {
    const std::string_view prefix = utf8_prefix(text, max);
    require(text.starts_with(prefix) && prefix.size() <= max);
    require(!is_utf8(text) || is_utf8(prefix));
  }
}

// One text for the same bytes: what was decoded is encoded as it was.
void check_encodings(std::string_view text) {
  for (const Base64 form : {Base64::padded, Base64::url}) {
    require(from_base64(to_base64(text, form), form) == text);
    if (const auto bytes = from_base64(text, form)) require(to_base64(*bytes, form) == text);
  }
  require(percent_decode(percent_encode(text)) == text);
  require(form_decode(percent_encode(text)) == text);
  if (const auto decoded = percent_decode(text)) require(decoded->size() <= text.size());
  require(form_decode(text).size() <= text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // libFuzzer's own buffer may be larger than the input; a block of its size lets AddressSanitizer see the end.
  const std::vector<char> exact(data, data + size);
  const std::string_view text(exact.data(), exact.size());
  check_scanner(text);
  check_editor(text);
  check_writer(text);
  check_utf8(text);
  check_encodings(text);
  return 0;
}
