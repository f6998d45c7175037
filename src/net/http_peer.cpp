#include "net/http_peer.hpp"

#include <utility>

#include "net/worker.hpp"
#include "signaling/core/router.hpp"

namespace signaling::net {

HttpPeer::HttpPeer(std::shared_ptr<Worker> worker, Owner& owner)
    : worker_(std::move(worker)), executor_(worker_->executor()), owner_(owner) {}

HttpPeer::~HttpPeer() = default;

void HttpPeer::connect(const std::shared_ptr<void>& self, std::unique_ptr<Protocol> protocol,
                       const ConnectInfo& info) {
  worker_->add(std::shared_ptr<Resident>(self, this));
  is_resident_ = true;
  link_ = worker_->context().router.connect(*this, std::move(protocol), info);
}

void HttpPeer::write(std::span<const Frame> frames) {
  std::size_t bytes = 0;
  for (const Frame& frame : frames) {
    bytes += frame.size();
    if (link_) owner_.on_message(frame.text_view());
  }
  link_.written(bytes);
}

void HttpPeer::close(CloseReason reason) {
  if (!worker_) return;
  owner_.on_closed(reason);
  disconnect(reason);
}

void HttpPeer::disconnect(CloseReason reason) {
  const auto worker = std::exchange(worker_, nullptr);
  if (!worker) return;
  TimerWheel::cancel(*this);
  link_.disconnect(reason);
  if (is_resident_) worker->remove(*this);
}

void HttpPeer::set_deadline(std::optional<TimePoint> deadline) {
  if (!worker_) return;
  if (!deadline) return TimerWheel::cancel(*this);
  worker_->schedule(*this, *deadline);
}

}  // namespace signaling::net
