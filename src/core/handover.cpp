#include "core/handover.hpp"

#include <algorithm>
#include <utility>

namespace signaling::handover {
namespace {

// Numbers are 8 bytes, the least significant first; texts stand behind their length.
constexpr char format_version = 1;

class Writer {
 public:
  Writer() : bytes_(1, format_version) {}
  void add(std::uint64_t number) {
    for (unsigned shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>((number >> shift) & 0xFF);
  }
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    bytes_ += text;
  }
  void add(const std::optional<std::uint64_t>& number) {
    add(std::uint64_t{number.has_value()});
    if (number) add(*number);
  }
  // What closes the connection belongs to that.
  void add(const std::vector<Frame>& frames) {
    const auto is_message = [](const Frame& frame) { return frame && !frame.close_status(); };
    add(static_cast<std::uint64_t>(std::ranges::count_if(frames, is_message)));
    for (const Frame& frame : frames) {
      if (!is_message(frame)) continue;
      add(static_cast<std::uint64_t>(frame.kind()));
      add(std::uint64_t{frame.state()});
      add(static_cast<std::uint64_t>(frame.use()));
      add(frame.text_view());
    }
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes), is_good_(bytes.starts_with(format_version)) {
    if (is_good_) rest_.remove_prefix(1);
  }
  std::uint64_t number() {
    constexpr std::size_t size = 8;
    if (rest_.size() < size) return fail();
    std::uint64_t number = 0;
    for (unsigned i = 0; i < size; ++i) {
      number |= std::uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    }
    rest_.remove_prefix(size);
    return number;
  }
  /// Of a list: each of its items is one byte at least.
  std::size_t count() {
    const std::uint64_t count = number();
    return static_cast<std::size_t>(count <= rest_.size() ? count : fail());
  }
  std::string_view text() {
    const std::size_t size = count();
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  template <class Enum>
  Enum one_of(Enum last) {
    const std::uint64_t value = number();
    return static_cast<Enum>(value <= static_cast<std::uint64_t>(last) ? value : fail());
  }
  std::optional<std::uint64_t> optional_number() {
    return number() == 0 ? std::nullopt : std::optional(number());
  }
  std::vector<Frame> frames() {
    std::vector<Frame> frames;
    for (std::uint64_t left = count(); left > 0 && is_good_; --left) {
      const auto kind = one_of(MessageKind::binary);
      const auto state = static_cast<std::uint8_t>(number());
      const auto use = one_of(FrameUse::link);
      const std::string_view bytes = text();
      FrameBuilder builder(bytes.size());
      builder.append(bytes);
      frames.push_back(builder.finish(kind, state, use));
    }
    return frames;
  }
  /// All of it was read, and could be.
  bool is_done() const noexcept { return is_good_ && rest_.empty(); }

 private:
  std::uint64_t fail() noexcept {
    is_good_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool is_good_;
};

template <class Value>
std::optional<Value> if_done(const Reader& reader, Value value) {
  return reader.is_done() ? std::optional<Value>(std::move(value)) : std::nullopt;
}

}  // namespace

std::string pack(const Request& request) {
  Writer writer;
  writer.add(request.number);
  for (const std::string& text : {request.node, request.secret, request.subject, request.language}) {
    writer.add(std::string_view(text));
  }
  return writer.take();
}

std::optional<Request> unpack_request(std::string_view bytes) {
  Reader reader(bytes);
  Request request;
  request.number = reader.number();
  for (std::string* const text : {&request.node, &request.secret, &request.subject, &request.language}) {
    *text = reader.text();
  }
  return if_done(reader, std::move(request));
}

std::string pack(const Answer& answer) {
  Writer writer;
  writer.add(answer.number);
  writer.add(static_cast<std::uint64_t>(answer.verdict));
  writer.add(std::string_view(answer.node));
  writer.add(answer.epoch);
  writer.add(static_cast<std::uint64_t>(answer.keep.count()));
  writer.add(std::uint64_t{answer.rooms.size()});
  for (const Answer::Room& room : answer.rooms) {
    writer.add(std::string_view(room.id));
    writer.add(room.metadata.view());
  }
  return writer.take();
}

std::optional<Answer> unpack_answer(std::string_view bytes) {
  Reader reader(bytes);
  Answer answer;
  answer.number = reader.number();
  answer.verdict = reader.one_of(Answer::Verdict::busy);
  answer.node = reader.text();
  answer.epoch = reader.number();
  answer.keep = std::chrono::seconds(reader.number());
  for (std::uint64_t left = reader.count(); left > 0; --left) {
    const std::string_view id = reader.text();
    answer.rooms.push_back({RoomId(id), Payload(reader.text())});
  }
  return if_done(reader, std::move(answer));
}

std::string pack(const History& history) {
  Writer writer;
  writer.add(std::uint64_t{history.is_counted});
  writer.add(history.received);
  writer.add(history.sent);
  writer.add(history.unacknowledged);
  writer.add(history.waiting);
  writer.add(history.dropped);
  writer.add(std::uint64_t{history.input.size()});
  for (const InputQueue::Received& message : history.input) {
    writer.add(static_cast<std::uint64_t>(message.kind));
    writer.add(std::string_view(message.bytes));
  }
  writer.add(std::uint64_t{history.away.size()});
  for (const History::Away& one : history.away) {
    writer.add(std::string_view(one.room));
    writer.add(std::string_view(one.peer));
  }
  writer.add(std::uint64_t{history.rooms.size()});
  for (const History::Room& room : history.rooms) {
    writer.add(std::string_view(room.id));
    writer.add(room.picture.version);
    writer.add(room.picture.members);
  }
  writer.add(std::uint64_t{history.restarted_with.has_value()});
  if (history.restarted_with) {
    writer.add(history.restarted_with->received);
    writer.add(history.restarted_with->lost);
  }
  return writer.take();
}

std::optional<History> unpack_history(std::string_view bytes) {
  Reader reader(bytes);
  History history;
  history.is_counted = reader.number() != 0;
  history.received = reader.number();
  history.sent = reader.number();
  history.unacknowledged = reader.frames();
  history.waiting = reader.frames();
  history.dropped = reader.number();
  for (std::uint64_t left = reader.count(); left > 0; --left) {
    const auto kind = reader.one_of(MessageKind::binary);
    history.input.push_back({kind, std::string(reader.text())});
  }
  for (std::uint64_t left = reader.count(); left > 0; --left) {
    const std::string_view room = reader.text();
    history.away.push_back({RoomId(room), PeerId(reader.text())});
  }
  for (std::uint64_t left = reader.count(); left > 0; --left) {
    History::Room room{RoomId(reader.text()), {}};
    room.picture.version = reader.number();
    room.picture.members = reader.number();
    history.rooms.push_back(std::move(room));
  }
  if (reader.number() != 0) {
    history.restarted_with = event::Resumption{event::Resumption::Kind::rooms};
    history.restarted_with->received = reader.optional_number();
    history.restarted_with->lost = reader.optional_number();
  }
  return if_done(reader, std::move(history));
}

}  // namespace signaling::handover
