// Path 7/8: message -> frame, encoded once, shared. Next: core/mailbox.cpp
#include "signaling/core/frame.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <vector>

#include "signaling/text/utf8.hpp"
#include "text/per_thread.hpp"

namespace signaling {

// Layout of a block: this struct, `header_room` bytes for the WebSocket header (written so that it ends where the
// message begins), the message.
struct Frame::Block {
  std::atomic<std::uint32_t> references{1};
  std::uint32_t capacity = 0;
  std::uint32_t size = 0;
  std::uint8_t header_size = 0;
  MessageKind kind = MessageKind::text;
  std::uint8_t state = 0;
  bool is_close =
      false;  // then the message is the payload of a Close frame: two bytes of code, and the reason
  bool is_probe = false;  // then the message is the time in milliseconds, as in memory
  FrameUse use = FrameUse::message;

  static constexpr std::size_t header_room = 10;
  static Block* make(std::size_t capacity);
  static void destroy(Block* block) noexcept;
  void release() noexcept;
  std::byte* message() noexcept { return reinterpret_cast<std::byte*>(this + 1) + header_room; }
  void write_header() noexcept;
};

namespace {

// RFC 6455 5.5: the payload of a control frame has at most 125 bytes, and the code takes two.
constexpr std::size_t max_close_reason_bytes = 123;

// Relayed messages come and go at a high rate and with few sizes, so each thread keeps some of the blocks that died on
// it. A block may die on another thread than it was born on; the bound keeps that from piling up.
class BlockCache {
 public:
  static constexpr std::array<std::size_t, 3> classes{512, 2048, 8192};
  // What all peers of a thread have waiting in one turn of its loop, a few hundred messages, is to find a block here.
  static constexpr std::size_t max_bytes_per_class = std::size_t{512} * 1024;

  BlockCache() = default;
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;
  ~BlockCache() {
    for (auto& list : free_) {
      for (void* memory : list) ::operator delete(memory);
    }
  }

  static std::size_t round_up(std::size_t bytes) noexcept {
    for (const std::size_t size : classes) {
      if (bytes <= size) return size;
    }
    return bytes;
  }

  void* take(std::size_t bytes) {
    for (std::size_t i = 0; i < classes.size(); ++i) {
      if (bytes == classes[i] && !free_[i].empty()) {
        void* memory = free_[i].back();
        free_[i].pop_back();
        return memory;
      }
    }
    return ::operator new(bytes);
  }

  void give(void* memory, std::size_t bytes) noexcept {
    for (std::size_t i = 0; i < classes.size(); ++i) {
      if (bytes != classes[i]) continue;
      if (free_[i].capacity() == 0) reserve(free_[i], max_bytes_per_class / bytes);
      if (free_[i].size() < free_[i].capacity()) {
        free_[i].push_back(memory);
        return;
      }
    }
    ::operator delete(memory);
  }

 private:
  static void reserve(std::vector<void*>& list, std::size_t count) noexcept {
    try {
      list.reserve(count);
    } catch (const std::bad_alloc&) {
      // Without a list nothing is cached.
    }
  }

  std::array<std::vector<void*>, classes.size()> free_;
};

// A frame may outlive its thread's cache (another thread_local or static may hold it), hence the pointer that the
// cache's end clears.
thread_local BlockCache* cache_of_thread = nullptr;

struct CacheOwner {
  BlockCache cache;
  CacheOwner() { cache_of_thread = &cache; }
  CacheOwner(const CacheOwner&) = delete;
  CacheOwner& operator=(const CacheOwner&) = delete;
  ~CacheOwner() { cache_of_thread = nullptr; }
};

BlockCache* block_cache() {
  text::PerThread<CacheOwner>::get();
  return cache_of_thread;
}

}  // namespace

Frame::Block* Frame::Block::make(std::size_t capacity) {
  if (capacity > std::numeric_limits<std::uint32_t>::max() / 2)
    throw std::length_error("signaling: frame over 2 GiB");
  const std::size_t bytes = BlockCache::round_up(sizeof(Block) + header_room + capacity);
  BlockCache* cache = block_cache();
  void* memory = cache != nullptr ? cache->take(bytes) : ::operator new(bytes);
  auto* block = new (memory) Block;
  block->capacity = static_cast<std::uint32_t>(bytes - sizeof(Block) - header_room);
  return block;
}

void Frame::Block::destroy(Block* block) noexcept {
  const std::size_t bytes = sizeof(Block) + header_room + block->capacity;
  block->~Block();
  BlockCache* cache = cache_of_thread;
  if (cache != nullptr) {
    cache->give(block, bytes);
  } else {
    ::operator delete(block);
  }
}

void Frame::Block::release() noexcept {
  // A block with one owner needs no atomic write: nobody else can copy from it.
  if (references.load(std::memory_order_acquire) == 1 ||
      references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    destroy(this);
  }
}

// RFC 6455 5.2: FIN and the opcode, then the length in its shortest form; a server does not mask.
void Frame::Block::write_header() noexcept {
  const unsigned opcode = kind == MessageKind::text ? 0x1U : 0x2U;
  std::array<std::uint8_t, header_room> header{};
  header[0] = static_cast<std::uint8_t>(0x80U | opcode);
  if (size < 126) {
    header[1] = static_cast<std::uint8_t>(size);
    header_size = 2;
  } else if (size <= 0xFFFF) {
    header[1] = 126;
    header[2] = static_cast<std::uint8_t>(size >> 8U);
    header[3] = static_cast<std::uint8_t>(size);
    header_size = 4;
  } else {
    header[1] = 127;
    for (unsigned i = 0; i < 8; ++i) {
      header[2 + i] = static_cast<std::uint8_t>(std::uint64_t{size} >> (56U - 8U * i));
    }
    header_size = 10;
  }
  std::memcpy(message() - header_size, header.data(), header_size);
}

Frame::Frame(const Frame& other) noexcept : block_(other.block_) {
  if (block_ != nullptr) block_->references.fetch_add(1, std::memory_order_relaxed);
}

Frame& Frame::operator=(Frame other) noexcept {
  std::swap(block_, other.block_);
  return *this;
}

Frame::~Frame() {
  if (block_ != nullptr) block_->release();
}

Frame Frame::text(std::string_view message) {
  FrameBuilder builder(message.size());
  return builder.append(message).finish(MessageKind::text);
}

Frame Frame::binary(std::span<const std::byte> message) {
  FrameBuilder builder(message.size());
  builder.append({reinterpret_cast<const char*>(message.data()), message.size()});
  return builder.finish(MessageKind::binary);
}

Frame Frame::close(std::uint16_t code, std::string_view reason) {
  FrameBuilder builder(2 + max_close_reason_bytes);
  builder.append(static_cast<char>(code >> 8U)).append(static_cast<char>(code & 0xFFU));
  builder.append(text::utf8_prefix(reason, max_close_reason_bytes));
  Frame frame = builder.finish(MessageKind::binary);
  frame.block_->is_close = true;
  return frame;
}

Frame Frame::probe(std::chrono::milliseconds time) {
  const auto count = time.count();
  FrameBuilder builder(sizeof(count));
  builder.append({reinterpret_cast<const char*>(&count), sizeof(count)});
  Frame frame = builder.finish(MessageKind::binary);
  frame.block_->is_probe = true;
  return frame;
}

MessageKind Frame::kind() const noexcept { return block_ != nullptr ? block_->kind : MessageKind::text; }

std::uint8_t Frame::state() const noexcept { return block_ != nullptr ? block_->state : std::uint8_t{0}; }
FrameUse Frame::use() const noexcept { return block_ != nullptr ? block_->use : FrameUse::message; }

std::optional<CloseStatus> Frame::close_status() const noexcept {
  if (block_ == nullptr || !block_->is_close) return std::nullopt;
  const auto bytes = message();
  const auto code = std::to_integer<unsigned>(bytes[0]) << 8U | std::to_integer<unsigned>(bytes[1]);
  return CloseStatus{static_cast<std::uint16_t>(code), text_view().substr(2)};
}

std::optional<std::chrono::milliseconds> Frame::probe_time() const noexcept {
  if (block_ == nullptr || !block_->is_probe) return std::nullopt;
  std::chrono::milliseconds::rep count = 0;
  std::memcpy(&count, block_->message(), sizeof(count));
  return std::chrono::milliseconds(count);
}

std::size_t Frame::size() const noexcept { return block_ != nullptr ? block_->size : 0; }

std::span<const std::byte> Frame::message() const noexcept {
  if (block_ == nullptr) return {};
  return {block_->message(), block_->size};
}

std::string_view Frame::text_view() const noexcept {
  const auto bytes = message();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> Frame::wire() const noexcept {
  if (block_ == nullptr) return {};
  return {block_->message() - block_->header_size, std::size_t{block_->size} + block_->header_size};
}

FrameBuilder::FrameBuilder(std::size_t expected_size) : block_(Frame::Block::make(expected_size)) {}

FrameBuilder::~FrameBuilder() {
  if (block_ != nullptr) Frame::Block::destroy(block_);
}

FrameBuilder& FrameBuilder::append(std::string_view text) {
  if (text.size() > block_->capacity - size_) {
    Frame::Block* larger = Frame::Block::make((size_ + text.size()) * 2);
    std::memcpy(larger->message(), block_->message(), size_);
    Frame::Block::destroy(block_);
    block_ = larger;
  }
  if (!text.empty()) std::memcpy(block_->message() + size_, text.data(), text.size());
  size_ += text.size();
  return *this;
}

Frame FrameBuilder::finish(MessageKind kind, std::uint8_t state, FrameUse use) {
  block_->kind = kind;
  block_->state = state;
  block_->use = use;
  block_->size = static_cast<std::uint32_t>(size_);
  block_->write_header();
  return Frame(std::exchange(block_, nullptr));
}

}  // namespace signaling
