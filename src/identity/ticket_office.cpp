#include "signaling/identity/ticket_office.hpp"

#include <list>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "identity/digest.hpp"

namespace signaling::identity {
namespace {

constexpr std::size_t half_size = 22;  // of make_id

TicketOptions complete(TicketOptions options) {
  if (options.lifetime <= std::chrono::seconds(0)) {
    throw std::invalid_argument("signaling: TicketOptions::lifetime must be positive");
  }
  if (options.clock == nullptr) options.clock = &system_clock();
  if (options.random == nullptr) options.random = &system_random();
  return options;
}

}  // namespace

// All tickets live equally long, so they expire in the order in which they were issued.
class TicketOffice::Impl {
 public:
  explicit Impl(TicketOptions options) : options_(complete(options)) {}

  std::optional<std::string> issue(Pass pass) {
    std::string name = make_id(*options_.random);
    std::string secret = make_id(*options_.random);
    std::string ticket = name + secret;
    const std::scoped_lock lock(mutex_);
    expire();
    if (options_.max_outstanding != 0 && tickets_.size() >= options_.max_outstanding) return std::nullopt;
    tickets_.push_back(
        {std::move(name), std::move(secret), std::move(pass), options_.clock->now() + options_.lifetime});
    by_name_.emplace(tickets_.back().name, std::prev(tickets_.end()));
    return ticket;
  }

  std::optional<Pass> redeem(std::string_view ticket) {
    const std::scoped_lock lock(mutex_);
    expire();
    if (ticket.size() != 2 * half_size) return std::nullopt;
    const auto found = by_name_.find(ticket.substr(0, half_size));
    if (found == by_name_.end()) return std::nullopt;
    const auto place = found->second;
    if (!equal_digests(as_bytes(ticket.substr(half_size)), as_bytes(place->secret))) return std::nullopt;
    Pass pass = std::move(place->pass);
    by_name_.erase(found);
    tickets_.erase(place);
    return pass;
  }

  std::size_t outstanding() {
    const std::scoped_lock lock(mutex_);
    expire();
    return tickets_.size();
  }

 private:
  struct Ticket {
    std::string name;
    std::string secret;
    Pass pass;
    TimePoint expires;
  };

  void expire() {
    const TimePoint now = options_.clock->now();
    for (; !tickets_.empty() && tickets_.front().expires <= now; tickets_.pop_front()) {
      by_name_.erase(tickets_.front().name);
    }
  }

  const TicketOptions options_;
  std::mutex mutex_;
  std::list<Ticket> tickets_;
  std::map<std::string_view, std::list<Ticket>::iterator> by_name_;  // views of the tickets' own names
};

TicketOffice::TicketOffice(TicketOptions options) : impl_(std::make_unique<Impl>(options)) {}
TicketOffice::~TicketOffice() = default;

std::optional<std::string> TicketOffice::issue(Pass pass) { return impl_->issue(std::move(pass)); }

void TicketOffice::authenticate(const ConnectInfo& info, Callback<void(Verdict)> done) {
  done(redeem(info.token));
}

Verdict TicketOffice::redeem(std::string_view ticket) {
  if (ticket.empty()) return Verdict::refuse("no-token");
  auto pass = impl_->redeem(ticket);
  return pass ? Verdict::admit(*std::move(pass)) : Verdict::refuse("unknown-ticket");
}

std::size_t TicketOffice::outstanding() const { return impl_->outstanding(); }

}  // namespace signaling::identity
