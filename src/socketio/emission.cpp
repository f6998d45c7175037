#include "socketio/emission.hpp"

#include <charconv>

namespace signaling::socketio {
namespace {

// Numbers end with a semicolon; a string is its length and its bytes; a list is its length and its strings.
class Writer {
 public:
  void number(std::uint64_t value) { text_.append(std::to_string(value)).append(";"); }
  void string(std::string_view value) {
    number(value.size());
    text_ += value;
  }
  void list(const std::vector<std::string_view>& values) {
    number(values.size());
    for (const std::string_view value : values) string(value);
  }
  void character(char value) { text_ += value; }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : rest_(text) {}

  bool character(char& value) noexcept {
    if (rest_.empty()) return false;
    value = rest_[0];
    rest_.remove_prefix(1);
    return true;
  }
  bool number(std::uint64_t& value) noexcept {
    const char* const last = rest_.data() + rest_.size();
    const auto [end, error] = std::from_chars(rest_.data(), last, value);
    if (error != std::errc() || end == last || *end != ';') return false;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()) + 1);
    return true;
  }
  bool string(std::string_view& value) noexcept {
    std::uint64_t size = 0;
    if (!number(size) || size > rest_.size()) return false;
    value = rest_.substr(0, static_cast<std::size_t>(size));
    rest_.remove_prefix(value.size());
    return true;
  }
  bool list(std::vector<std::string_view>& values) {
    std::uint64_t size = 0;
    if (!number(size) || size > rest_.size()) return false;
    values.clear();
    for (; size != 0; --size) {
      if (!string(values.emplace_back())) return false;
    }
    return true;
  }
  bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

std::string pack(const Emission& emission) {
  Writer writer;
  writer.character(static_cast<char>(emission.kind));
  writer.number(emission.id ? 1 : 0);
  writer.number(emission.id.value_or(0));
  writer.list(emission.except_rooms);
  writer.list(emission.except_ids);
  writer.string(emission.arguments);
  writer.list(emission.attachments);
  return writer.take();
}

bool unpack(std::string_view text, Emission& emission) {
  Reader reader(text);
  char kind = 0;
  std::uint64_t has_id = 0;
  std::uint64_t id = 0;
  if (!reader.character(kind) || !reader.number(has_id) || !reader.number(id)) return false;
  emission.kind = static_cast<Emission::Kind>(kind);
  emission.id = has_id != 0 ? std::optional(id) : std::nullopt;
  const bool complete = reader.list(emission.except_rooms) && reader.list(emission.except_ids) &&
                        reader.string(emission.arguments) && reader.list(emission.attachments);
  if (!complete || !reader.at_end()) return false;
  switch (emission.kind) {
    case Emission::Kind::ack: return has_id != 0;
    case Emission::Kind::event:
    case Emission::Kind::leave:
    case Emission::Kind::hang_up: return true;
  }
  return false;
}

std::vector<std::string_view> views_of(std::span<const Frame> attachments) {
  std::vector<std::string_view> views;
  views.reserve(attachments.size());
  for (const Frame& frame : attachments) views.push_back(frame.text_view());
  return views;
}

Frame encode_note(const Note& note) {
  Writer writer;
  writer.character(static_cast<char>(note.kind));
  writer.number(note.number);
  writer.number(note.error);
  writer.list(note.rooms);
  writer.list(note.ids);
  return Frame::text(writer.take());
}

bool decode_note(std::string_view text, Note& note) {
  Reader reader(text);
  char kind = 0;
  if (!reader.character(kind)) return false;
  note.kind = static_cast<Note::Kind>(kind);
  return reader.number(note.number) && reader.number(note.error) && reader.list(note.rooms) &&
         reader.list(note.ids);
}

}  // namespace signaling::socketio
