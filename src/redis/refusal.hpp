#pragma once

#include <string_view>
#include <system_error>

namespace signaling::redis {

/// Why a server cannot be used as it is. The values of `redis_category()`.
enum class Refusal : int {
  too_old = 1,     ///< detail: major version * 256 + minor; 0: unknown
  wrong_password,  ///< or user
  needs_password,  ///< the URL has none
  not_permitted,   ///< detail: the command, as `command_number` gives it
  bad_database,
  read_only,  ///< a replica
  is_cluster,
  bad_certificate,
  no_tls,   ///< the handshake failed otherwise
  refused,  ///< said something else
};

/// Its messages are for whoever runs the server.
const std::error_category& redis_category() noexcept;
std::error_code make_refusal(Refusal refusal, int detail = 0) noexcept;

/// A command, in capitals, as a number for `Refusal::not_permitted`.
int command_number(std::string_view command) noexcept;

/// What an error that a server has answered means for good; success if it may pass. `command`: what it answered.
std::error_code refusal_of(std::string_view error, std::string_view command) noexcept;

/// Whether a server that answers with this error does not take writes because of its part in a replication: it has become
/// a replica, or follows nobody yet, or lacks the replicas that it needs. The primary may be elsewhere by now.
bool is_of_no_primary(std::string_view error) noexcept;

}  // namespace signaling::redis
