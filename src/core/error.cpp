#include "signaling/core/error.hpp"

#include <array>
#include <string>

namespace signaling {
namespace {

enum class Fault : std::uint8_t { none, peer, local };
enum class Retry : std::uint8_t { no, yes };

struct Entry {
  errc code;
  std::string_view name;
  std::string_view description;
  Fault fault;
  Retry retry;
};

constexpr std::array entries{
    Entry{errc::ok, "ok", "No error.", Fault::none, Retry::no},
    Entry{errc::bad_json, "bad_json", "The message is not valid JSON.", Fault::peer, Retry::no},
    Entry{errc::bad_request, "bad_request", "A field is missing or has the wrong type.", Fault::peer,
          Retry::no},
    Entry{errc::unknown_type, "unknown_type", "The message type is unknown.", Fault::peer, Retry::no},
    Entry{errc::message_too_large, "message_too_large", "The message is too large.", Fault::peer, Retry::no},
    Entry{errc::metadata_too_large, "metadata_too_large", "The metadata is too large.", Fault::peer,
          Retry::no},
    Entry{errc::bad_id, "bad_id", "A room or peer id is empty or too long.", Fault::peer, Retry::no},
    Entry{errc::not_joined, "not_joined", "You are not in that room.", Fault::peer, Retry::no},
    Entry{errc::peer_not_found, "peer_not_found", "No peer that you can reach has that id.", Fault::peer,
          Retry::no},
    Entry{errc::room_full, "room_full", "The room is full.", Fault::none, Retry::yes},
    Entry{errc::too_many_rooms, "too_many_rooms", "You are in too many rooms.", Fault::peer, Retry::no},
    Entry{errc::too_many_names, "too_many_names", "You have claimed too many names.", Fault::peer, Retry::no},
    Entry{errc::too_many_peers, "too_many_peers", "The server is full.", Fault::none, Retry::yes},
    Entry{errc::rate_limited, "rate_limited", "You join too often; the server refused this join.",
          Fault::peer, Retry::yes},
    Entry{errc::overloaded, "overloaded", "You sent too much ahead of the answer to an earlier request.",
          Fault::peer, Retry::yes},
    Entry{errc::unauthorized, "unauthorized", "You are not admitted.", Fault::peer, Retry::no},
    Entry{errc::forbidden, "forbidden", "You may not do that.", Fault::peer, Retry::no},
    Entry{errc::id_in_use, "id_in_use", "That peer id is in use.", Fault::peer, Retry::yes},
    Entry{errc::slow_consumer, "slow_consumer", "The receiver is too slow; the message was not delivered.",
          Fault::none, Retry::yes},
    Entry{errc::closed, "closed", "The peer has disconnected, or the server stops.", Fault::none, Retry::no},
    Entry{errc::store_unavailable, "store_unavailable", "The server cannot reach its store.", Fault::local,
          Retry::yes},
    Entry{errc::messages_lost, "messages_lost",
          "Messages to or from members on other servers may have been lost.", Fault::local, Retry::no},
    Entry{errc::expired, "expired", "Your admission has expired.", Fault::peer, Retry::no},
    Entry{errc::kicked, "kicked", "The operator has closed your connection.", Fault::none, Retry::no},
    Entry{errc::internal, "internal", "The server failed.", Fault::local, Retry::no},
};

// `entries` is indexed by the code.
constexpr bool in_order() {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (static_cast<std::size_t>(entries[i].code) != i) return false;
  }
  return true;
}
static_assert(in_order());

const Entry& entry_of(errc code) noexcept {
  const auto index = static_cast<std::size_t>(code);
  return entries[index < entries.size() ? index : entries.size() - 1];
}

// `describe` is for clients and speaks to them; a host gets the same error about one of its peers.
std::string_view describe_to_host(errc code) noexcept {
  switch (code) {
    case errc::not_joined: return "The peer is not in that room.";
    case errc::peer_not_found: return "No peer has that id.";
    default: return describe(code);
  }
}

class SignalingCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "signaling"; }
  std::string message(int value) const override {
    return std::string(describe_to_host(static_cast<errc>(value)));
  }
  bool equivalent(int value, const std::error_condition& wanted) const noexcept override;
};

class ConditionCategory final : public std::error_category {
 public:
  const char* name() const noexcept override { return "signaling.condition"; }
  std::string message(int value) const override {
    switch (static_cast<condition>(value)) {
      case condition::peer_fault: return "caused by the peer";
      case condition::local_fault: return "caused by this side";
      case condition::retryable: return "may succeed later";
    }
    return "unknown";
  }
};

const std::error_category& condition_category() noexcept {
  static const ConditionCategory category;
  return category;
}

bool SignalingCategory::equivalent(int value, const std::error_condition& wanted) const noexcept {
  if (wanted.category() != condition_category()) return default_error_condition(value) == wanted;
  const Entry& entry = entry_of(static_cast<errc>(value));
  switch (static_cast<condition>(wanted.value())) {
    case condition::peer_fault: return entry.fault == Fault::peer;
    case condition::local_fault: return entry.fault == Fault::local;
    case condition::retryable: return entry.retry == Retry::yes;
  }
  return false;
}

}  // namespace

std::string_view to_string(errc code) noexcept { return entry_of(code).name; }

std::string_view describe(errc code) noexcept { return entry_of(code).description; }

const std::error_category& signaling_category() noexcept {
  static const SignalingCategory category;
  return category;
}

std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), signaling_category()}; }

std::error_condition make_error_condition(condition value) noexcept {
  return {static_cast<int>(value), condition_category()};
}

std::string_view to_string(LeaveReason reason) noexcept {
  switch (reason) {
    case LeaveReason::leave: return "leave";
    case LeaveReason::disconnect: return "disconnect";
    case LeaveReason::timeout: return "timeout";
    case LeaveReason::kicked: return "kicked";
    case LeaveReason::node_lost: return "node-lost";
  }
  return "disconnect";
}

std::string_view to_string(CloseReason reason) noexcept {
  switch (reason) {
    case CloseReason::normal: return "normal";
    case CloseReason::lost: return "lost";
    case CloseReason::timeout: return "timeout";
    case CloseReason::kicked: return "kicked";
    case CloseReason::slow_consumer: return "slow-consumer";
    case CloseReason::protocol_error: return "protocol-error";
    case CloseReason::message_too_large: return "message-too-large";
    case CloseReason::bad_request: return "bad-request";
    case CloseReason::unauthorized: return "unauthorized";
    case CloseReason::expired: return "expired";
    case CloseReason::replaced: return "replaced";
    case CloseReason::going_away: return "going-away";
    case CloseReason::overloaded: return "overloaded";
    case CloseReason::internal: return "internal";
  }
  return "internal";
}

}  // namespace signaling
