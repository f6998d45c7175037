#include "socketio/recovery.hpp"

#include <utility>
#include <vector>

#include "signaling/core/ids.hpp"
#include "socketio/namespace_transport.hpp"

namespace signaling::socketio {

std::string Recovery::add(const std::shared_ptr<NamespaceTransport>& transport) {
  std::string pid = make_id(system_random());
  const std::scoped_lock lock(mutex_);
  entries_.insert_or_assign(pid, Entry{transport, transport->executor(), nullptr});
  return pid;
}

Recovery::Found Recovery::find(std::string_view pid) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(pid);
  if (found == entries_.end()) return {};
  return {found->second.transport.lock(), found->second.executor};
}

bool Recovery::keep(const std::string& pid) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(pid);
  if (found == entries_.end() || (max_away_ != 0 && away_ >= max_away_)) return false;
  found->second.kept = found->second.transport.lock();
  ++away_;
  return true;
}

void Recovery::release(const std::string& pid) {
  std::shared_ptr<NamespaceTransport>
      released;  // may be the last to have it, and must not die under the lock
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(pid);
  if (found == entries_.end() || !found->second.kept) return;
  released = std::move(found->second.kept);
  found->second.kept.reset();
  --away_;
}

void Recovery::remove(const std::string& pid) {
  release(pid);
  const std::scoped_lock lock(mutex_);
  entries_.erase(pid);
}

// Each removes itself.
void Recovery::close() {
  std::vector<std::shared_ptr<NamespaceTransport>> kept;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [pid, entry] : entries_) {
      if (entry.kept) kept.push_back(entry.kept);
    }
  }
  for (const auto& transport : kept) transport->finish(CloseReason::going_away);
}

}  // namespace signaling::socketio
