#include "contract/broken_transport.hpp"

#include <algorithm>
#include <boost/asio/strand.hpp>
#include <span>
#include <thread>
#include <utility>

namespace signaling::testing {

void BrokenTransport::connect(Router& router, std::unique_ptr<Protocol> protocol) {
  link_ = router.connect(*this, std::move(protocol), {});
}

boost::asio::any_io_executor BrokenTransport::executor() {
  if (is(TransportFault::names_new_executors)) return boost::asio::make_strand(executor_);
  return executor_;
}

void BrokenTransport::send(const MessageView& message) {
  if (!link_) return;
  if (is(TransportFault::receives_elsewhere)) {
    std::thread([&] { link_.receive(message); }).join();
  } else if (is(TransportFault::swaps_received) && !held_back_) {
    held_back_ = std::string(message.bytes);
  } else {
    link_.receive(message);
    if (const auto held = std::exchange(held_back_, std::nullopt)) link_.receive({message.kind, *held});
  }
}

Frame BrokenTransport::spoil(const Frame& frame) const {
  std::string_view bytes = frame.text_view();
  const auto binary = [](std::string_view text) { return Frame::binary(std::as_bytes(std::span(text))); };
  if (is(TransportFault::all_is_text)) return Frame::text(bytes);
  if (is(TransportFault::ends_at_nul)) bytes = bytes.substr(0, bytes.find('\0'));
  if (is(TransportFault::cuts_large)) bytes = bytes.substr(0, 65535);
  if (bytes.size() == frame.size()) return frame;
  return frame.kind() == MessageKind::text ? Frame::text(bytes) : binary(bytes);
}

void BrokenTransport::write(std::span<const Frame> frames) {
  std::size_t bytes = 0;
  for (const Frame& frame : frames) bytes += frame.size();
  if (is(TransportFault::only_first_of_batch)) frames = frames.first(1);
  for (const Frame& frame : frames) waiting_.push_back(spoil(frame));
  if (is(TransportFault::written_at_once)) link_.written(bytes);
  pass_on();
}

void BrokenTransport::release() {
  holding_ = false;
  pass_on();
}

void BrokenTransport::pass_on() {
  if (holding_) return;
  if (is(TransportFault::swaps_messages) && waiting_.size() > 1) std::swap(waiting_[0], waiting_[1]);
  std::size_t bytes = 0;
  for (const Frame& frame : waiting_) bytes += frame.size();
  got_.insert(got_.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
  const bool reports = !is(TransportFault::never_written) && !is(TransportFault::written_at_once);
  if (reports) link_.written(bytes);
  if (closed_) disconnect(*closed_);
}

void BrokenTransport::close(CloseReason reason) {
  if (is(TransportFault::close_is_ignored)) return;
  if (is(TransportFault::close_drops_queue)) return disconnect(reason);
  closed_ = reason;
  pass_on();
}

void BrokenTransport::disconnect(CloseReason reason) {
  waiting_.clear();
  Link link = std::move(link_);
  if (is(TransportFault::end_is_not_told)) {
    forgotten_ = std::move(link);
  } else {
    link.disconnect(reason);
  }
}

}  // namespace signaling::testing
