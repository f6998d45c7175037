// Path 8/8: everything that waits for one socket leaves in one write.
#include "net/output_queue.hpp"

#include <algorithm>
#include <cstring>

namespace signaling::net {
namespace {

// Up to here a copy costs less than the kernel's work for one more vector element.
constexpr std::size_t max_copied_piece = 4 * 1024;

std::span<const std::byte> wire(const Frame& frame) { return frame.wire(); }
std::size_t message_bytes(const Frame& frame) { return frame.size(); }

std::span<const std::byte> wire(const Output& output) {
  return output.frame ? output.frame.wire() : std::span<const std::byte>(output.own.bytes);
}
std::size_t message_bytes(const Output& output) {
  return output.frame ? output.frame.size() : output.own.message_bytes;
}

template <class Item>
void fill(Gather& gather, std::span<const Item> items, std::size_t offset) {
  for (const Item& item : items) {
    if (!gather.add(wire(item).subspan(offset))) return;
    offset = 0;
  }
}

/// Of the item's message, when so much of the item is written.
template <class Item>
std::size_t message_bytes_in(const Item& item, std::size_t written) {
  return written == wire(item).size() ? message_bytes(item) : std::min(written, message_bytes(item));
}

template <class Item>
void count_written(WriteProgress& progress, std::span<const Item> items, std::size_t bytes) {
  while (bytes > 0) {
    const Item& item = items[progress.items];
    const std::size_t step = std::min(bytes, wire(item).size() - progress.offset);
    const std::size_t written = progress.offset + step;
    progress.message_bytes += message_bytes_in(item, written) - message_bytes_in(item, progress.offset);
    progress.offset = written;
    bytes -= step;
    if (written < wire(item).size()) return;
    progress.offset = 0;
    ++progress.items;
  }
}

template <class Item>
WriteProgress write_items(Channel& channel, std::span<std::byte> scratch, std::span<const Item> items,
                          std::size_t offset) {
  WriteProgress progress;
  progress.offset = offset;
  while (progress.items < items.size() && progress.status == IoStatus::ok) {
    Gather gather(scratch, channel.secure());
    fill(gather, items.subspan(progress.items), progress.offset);
    const IoResult result = channel.write(gather.pieces());
    progress.status = result.status;
    count_written(progress, items, result.bytes);
    // A socket that took a part is full: asking again would only be told so.
    if (result.status == IoStatus::ok && result.bytes < gather.bytes())
      progress.status = IoStatus::would_block;
  }
  return progress;
}

}  // namespace

bool Gather::add(std::span<const std::byte> piece) noexcept {
  if (secure_) return add_secure(piece);
  if (piece.size() <= max_copied_piece && piece.size() <= scratch_.size() - copied_) {
    if (count_ == pieces_.size()) return false;
    copy(piece);
    return true;
  }
  if (count_ == pieces_.size()) return false;
  point_at(piece);
  return true;
}

bool Gather::add_secure(std::span<const std::byte> piece) noexcept {
  if (count_ == 0 && piece.size() >= Channel::tls_record_size) {
    point_at(piece.first(Channel::tls_record_size));
    return false;
  }
  const std::size_t room = Channel::tls_record_size - bytes_;
  if (room == 0) return false;
  copy(piece.first(std::min(piece.size(), room)));
  return piece.size() <= room;
}

void Gather::copy(std::span<const std::byte> piece) noexcept {
  std::byte* const target = scratch_.data() + copied_;
  std::memcpy(target, piece.data(), piece.size());
  copied_ += piece.size();
  const bool extends =
      count_ > 0 &&
      static_cast<std::byte*>(pieces_[count_ - 1].iov_base) + pieces_[count_ - 1].iov_len == target;
  if (extends) {
    pieces_[count_ - 1].iov_len += piece.size();
    bytes_ += piece.size();
  } else {
    point_at({target, piece.size()});
  }
}

void Gather::point_at(std::span<const std::byte> piece) noexcept {
  // iovec has no const; a write does not change what it points at.
  pieces_[count_++] = {const_cast<std::byte*>(piece.data()), piece.size()};
  bytes_ += piece.size();
}

WriteProgress write_all(Channel& channel, std::span<std::byte> scratch, std::span<const Frame> frames,
                        std::size_t offset) {
  return write_items(channel, scratch, frames, offset);
}

WriteProgress write_all(Channel& channel, std::span<std::byte> scratch, std::span<const Output> outputs,
                        std::size_t offset) {
  return write_items(channel, scratch, outputs, offset);
}

void OutputQueue::push(std::span<const Frame> frames, std::size_t written) {
  if (items_.empty()) offset_ = written;
  for (const Frame& frame : frames) items_.push_back({frame, {}});
}

void OutputQueue::push(std::span<const std::byte> bytes, std::size_t message_bytes) {
  items_.push_back({{}, {{bytes.begin(), bytes.end()}, message_bytes}});
}

// TLS must be offered the same bytes again: up to a record of them.
void OutputQueue::push_first(const Frame& frame) {
  std::size_t place = head_;
  for (std::size_t bytes = 0; place < items_.size() && bytes < offset_ + Channel::tls_record_size; ++place)
    bytes += wire(items_[place]).size();
  items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(place), Output{frame, {}});
}

WriteProgress OutputQueue::write(Channel& channel, std::span<std::byte> scratch) {
  const WriteProgress progress =
      write_all(channel, scratch, std::span<const Output>(items_).subspan(head_), offset_);
  for (std::size_t i = 0; i < progress.items; ++i) items_[head_ + i] = {};
  head_ += progress.items;
  offset_ = progress.offset;
  if (head_ == items_.size()) {
    clear();
  } else if (head_ > items_.size() / 2) {
    // Each item moves at most once per time that as many others have left: constant on average.
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  return progress;
}

}  // namespace signaling::net
