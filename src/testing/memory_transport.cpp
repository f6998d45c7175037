#include "signaling/testing/memory_transport.hpp"

#include <utility>

namespace signaling::testing {

void MemoryTransport::connect(Router& router, std::unique_ptr<Protocol> protocol, const ConnectInfo& info) {
  link_ = router.connect(*this, std::move(protocol), info);
}

void MemoryTransport::send(const MessageView& message) { link_.receive(message); }

std::vector<Frame> MemoryTransport::take() { return std::exchange(got_, {}); }

std::vector<std::string> MemoryTransport::take_texts() {
  std::vector<std::string> texts;
  for (const Frame& frame : take()) texts.emplace_back(frame.text_view());
  return texts;
}

void MemoryTransport::release() {
  holding_ = false;
  pass_on();
}

void MemoryTransport::disconnect(CloseReason reason) {
  waiting_.clear();
  link_.disconnect(reason);
}

void MemoryTransport::write(std::span<const Frame> frames) {
  waiting_.insert(waiting_.end(), frames.begin(), frames.end());
  pass_on();
}

void MemoryTransport::close(CloseReason reason) {
  if (!closed_) closed_ = reason;
  pass_on();
}

void MemoryTransport::close_with(CloseReason reason, const CloseStatus& status) {
  if (!closed_) closed_with_ = {status.code, std::string(status.reason)};
  close(reason);
}

void MemoryTransport::pass_on() {
  if (holding_) return;
  std::size_t bytes = 0;
  for (const Frame& frame : waiting_) bytes += frame.size();
  got_.insert(got_.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
  if (bytes != 0) link_.written(bytes);
  if (closed_) disconnect(*closed_);
}

}  // namespace signaling::testing
