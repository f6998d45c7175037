// What the host does to a client's namespaces, and how they end.
#include <algorithm>
#include <iterator>
#include <utility>

#include "signaling/socketio/connection.hpp"
#include "socketio/stored_packet.hpp"

namespace signaling::socketio {

#if !defined(_ITERATOR_DEBUG_LEVEL) || _ITERATOR_DEBUG_LEVEL == 0  // MSVC makes checked containers larger
static_assert(sizeof(Connection) <= 240, "there is one for every idle client");
#endif

namespace {

bool answers_connect(const Frame& frame) {
  return frame.kind() == MessageKind::text && frame.text_view().starts_with("40");
}

}  // namespace

Connection::Connection(const ConnectionOptions& options, TimePoint now)
    : options_(&options), decoder_(options.packets) {
  if (options.connect_timeout.count() != 0) connect_by_ = now + options.connect_timeout;
}

Connection::~Connection() = default;

void Connection::on_time(TimePoint now) {
  if (!connect_by_ || now < *connect_by_) return;
  const bool waits = std::any_of(namespaces_.begin(), namespaces_.end(), [](const Namespace& entry) {
    return entry.state == NamespaceState::requested;
  });
  // It is the host that takes its time: another period.
  if (waits) {
    connect_by_ = now + options_->connect_timeout;
  } else {
    close(CloseReason::timeout);
  }
}

bool Connection::take_output(std::vector<Frame>& frames) {
  auto end = output_.end();
  const bool has_answer = answers_ != 0;
  if (has_answer) {
    --answers_;
    const auto answer = std::find_if(output_.begin(), end, answers_connect);
    if (answer != end) end = answer + 1;
  }
  std::move(output_.begin(), end, std::back_inserter(frames));
  output_.erase(output_.begin(), end);
  constexpr std::size_t few = 16;
  if (output_.empty() && output_.capacity() > few) std::vector<Frame>().swap(output_);
  return has_answer;
}

std::optional<CloseReason> Connection::poll_close() noexcept { return std::exchange(close_, std::nullopt); }

bool Connection::accept(std::string_view nsp, std::string_view sid) {
  return accept_with(nsp, encode_connect(nsp, sid));
}

bool Connection::accept_with(std::string_view nsp, Frame answer) {
  Namespace* const entry = find(nsp, NamespaceState::requested);
  if (entry == nullptr) return false;
  entry->state = NamespaceState::connected;
  connect_by_.reset();
  output_.push_back(std::move(answer));
  ++answers_;
  if (entry->held.empty()) return true;
  std::move(entry->held.begin(), entry->held.end(), std::back_inserter(backlog().ready));
  std::vector<StoredPacket>().swap(entry->held);
  return true;
}

bool Connection::refuse(std::string_view nsp, std::string_view message, std::string_view data) {
  return refuse_with(nsp, encode_connect_error(nsp, message, data));
}

bool Connection::refuse_with(std::string_view nsp, Frame answer) {
  Namespace* const entry = find(nsp, NamespaceState::requested);
  if (entry == nullptr) return false;
  leave_gone(*entry);
  output_.push_back(std::move(answer));
  return true;
}

bool Connection::send(std::string_view nsp, std::span<const Frame> frames) {
  if (find(nsp, NamespaceState::connected) == nullptr) return false;
  output_.insert(output_.end(), frames.begin(), frames.end());
  return true;
}

bool Connection::disconnect(std::string_view nsp, CloseReason reason) {
  Namespace* const entry = find(nsp);
  if (entry == nullptr || entry->state == NamespaceState::gone) return false;
  output_.push_back(encode_disconnect(entry->name));
  close_namespace(*entry, reason);
  return true;
}

void Connection::close(CloseReason reason) {
  if (closed_) return;
  close_all(reason);
  close_ = reason;
}

void Connection::receive_end(CloseReason reason) {
  if (std::exchange(ended_, true)) return;
  close_all(reason);
  close_.reset();
  end_ = reason;
}

void Connection::close_all(CloseReason reason) {
  for (Namespace& entry : namespaces_) {
    if (entry.state != NamespaceState::gone) close_namespace(entry, reason);
  }
  std::vector<Namespace>().swap(namespaces_);
  if (backlog_) {
    std::vector<StoredPacket>().swap(backlog_->ready);
    backlog_->next_ready = 0;
  }
  held_bytes_ = 0;
  incomplete_.reset();
  input_.reset();
  connect_by_.reset();
  closed_ = true;
}

void Connection::close_namespace(Namespace& entry, CloseReason reason) {
  backlog().closings.push_back({entry.name, reason});
  leave_gone(entry);
}

void Connection::leave_gone(Namespace& entry) {
  entry.state = NamespaceState::gone;
  for (const StoredPacket& packet : entry.held) held_bytes_ -= packet.bytes();
  std::vector<StoredPacket>().swap(entry.held);
}

Connection::Backlog& Connection::backlog() {
  if (!backlog_) backlog_ = std::make_unique<Backlog>();
  return *backlog_;
}

// Names that are only kept for what may still be under way give way to new ones.
bool Connection::make_room() {
  if (options_->max_namespaces == 0 || namespaces_.size() < options_->max_namespaces) return true;
  const auto gone = std::find_if(namespaces_.begin(), namespaces_.end(),
                                 [](const Namespace& entry) { return entry.state == NamespaceState::gone; });
  if (gone == namespaces_.end()) return false;
  namespaces_.erase(gone);
  return true;
}

Connection::Namespace* Connection::find(std::string_view nsp) noexcept {
  const auto entry = std::find_if(namespaces_.begin(), namespaces_.end(),
                                  [nsp](const Namespace& candidate) { return candidate.name == nsp; });
  return entry != namespaces_.end() ? &*entry : nullptr;
}

Connection::Namespace* Connection::find(std::string_view nsp, NamespaceState state) noexcept {
  Namespace* const entry = find(nsp);
  return entry != nullptr && entry->state == state ? entry : nullptr;
}

}  // namespace signaling::socketio
