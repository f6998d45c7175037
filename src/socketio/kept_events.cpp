#include "socketio/kept_events.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <string>

#include "signaling/socketio/packet.hpp"
#include "text/per_thread.hpp"

namespace signaling::socketio {
namespace {

bool is_digit(char character) noexcept { return character >= '0' && character <= '9'; }

std::string_view without_digits(std::string_view text) noexcept {
  while (!text.empty() && is_digit(text[0])) text.remove_prefix(1);
  return text;
}

// An event of this namespace that asks for no acknowledgement: the array follows the header at once.
bool is_plain_event(const Frame& frame, std::string_view nsp) noexcept {
  std::string_view text = frame.text_view();
  if (frame.kind() != MessageKind::text || text.size() < 2 || text[0] != '4') return false;
  if (text[1] != '2' && text[1] != '5') return false;
  const bool has_attachments = text[1] == '5';
  text.remove_prefix(2);
  if (has_attachments) {
    text = without_digits(text);
    if (!text.starts_with('-')) return false;
    text.remove_prefix(1);
  }
  if (nsp != main_namespace) {
    if (!text.starts_with(nsp)) return false;
    text.remove_prefix(std::min(nsp.size() + 1, text.size()));  // and the comma
  }
  return text.starts_with('[') && text.ends_with(']');
}

std::uint64_t next_offset() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

struct Marked {
  Frame frame;
  std::uint64_t offset = 0;
};

Marked mark(const Frame& event) {
  constexpr std::size_t longest_offset = 24;
  const std::uint64_t offset = next_offset();
  const std::string_view text = event.text_view();
  FrameBuilder out(text.size() + longest_offset);
  out.append(text.substr(0, text.size() - 1)).append(R"(,")").append(std::to_string(offset)).append(R"("])");
  return {out.finish(MessageKind::text), offset};
}

// The receivers of a broadcast share its frame. One turn of a loop gives it to all of them on its thread, so that they also
// share the frame with the offset if the thread remembers it for so long.
class RecentMarks {
 public:
  const Marked& of(const Frame& event) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const std::size_t place = (next_ + i) % entries_.size();
      if (!entries_[place].event || entries_[place].event.message().data() != event.message().data())
        continue;
      next_ = place + 1;  // the next receiver's frames come in the same order
      return entries_[place].marked;
    }
    Entry& entry = entries_[oldest_++ % entries_.size()];
    next_ = oldest_;
    entry = {event, mark(event)};
    return entry.marked;
  }

  static constexpr std::size_t max_bytes = std::size_t{16} * 1024;

 private:
  struct Entry {
    Frame event;  // also so that no other frame is at its address
    Marked marked;
  };
  std::array<Entry, 32> entries_;
  std::size_t oldest_ = 0;
  std::size_t next_ = 0;
};

Marked with_offset(const Frame& event) {
  if (event.size() > RecentMarks::max_bytes) return mark(event);
  return text::PerThread<RecentMarks>::get().of(event);
}

}  // namespace

std::vector<Frame> KeptEvents::add(std::span<const Frame> frames, std::string_view nsp,
                                   std::size_t max_bytes) {
  std::vector<Frame> marked;
  marked.reserve(frames.size());
  bool is_kept = false;
  for (const Frame& frame : frames) {
    if (frame.kind() == MessageKind::binary) {
      marked.push_back(frame);
      if (is_kept) keep(frame, 0);
      continue;
    }
    is_kept = is_plain_event(frame, nsp);
    if (!is_kept) {
      marked.push_back(frame);
      continue;
    }
    const Marked event = with_offset(frame);
    marked.push_back(event.frame);
    keep(event.frame, event.offset);
    ++count_;
  }
  while (max_bytes != 0 && bytes_ > max_bytes && count_ - dropped_ > 1) drop_first();
  return marked;
}

void KeptEvents::keep(const Frame& frame, std::uint64_t offset) {
  kept_.push_back({frame, offset});
  bytes_ += frame.size();
}

void KeptEvents::confirm(std::uint64_t count) noexcept {
  while (dropped_ < count && dropped_ < count_) drop_first();
  if (first_ != kept_.size()) return;
  std::vector<Kept>().swap(kept_);
  first_ = 0;
}

void KeptEvents::drop_first() noexcept {
  last_dropped_ = kept_[first_].offset;
  ++dropped_;
  do {
    bytes_ -= kept_[first_].frame.size();
    kept_[first_++].frame = Frame();
  } while (first_ != kept_.size() && kept_[first_].offset == 0);
  if (first_ < kept_.size() / 2) return;
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
}

std::optional<std::uint64_t> KeptEvents::find(std::string_view offset) const noexcept {
  std::uint64_t number = 0;
  if (!offset.empty()) {
    const auto [end, error] = std::from_chars(offset.data(), offset.data() + offset.size(), number);
    if (error != std::errc() || end != offset.data() + offset.size() || number == 0) return std::nullopt;
  }
  if (number == last_dropped_) return dropped_;
  std::uint64_t count = dropped_;
  for (std::size_t i = first_; i != kept_.size(); ++i) {
    if (kept_[i].offset == 0) continue;
    ++count;
    if (kept_[i].offset == number) return count;
  }
  return std::nullopt;
}

std::vector<Frame> KeptEvents::behind(std::uint64_t count) {
  confirm(count);
  std::vector<Frame> frames;
  frames.reserve(kept_.size() - first_);
  for (std::size_t i = first_; i != kept_.size(); ++i) frames.push_back(kept_[i].frame);
  return frames;
}

}  // namespace signaling::socketio
