// What has to be so before a session can begin: a server that is new enough, that lets this user do what is needed, and
// that has the script.
#include <charconv>
#include <utility>

#include "redis/redis_backend.hpp"
#include "redis/refusal.hpp"
#include "redis/script.hpp"

namespace signaling::redis {
namespace {

constexpr int oldest_major = 7;

// A line of INFO: `name:value`.
std::string_view information_value(std::string_view information, std::string_view name) {
  for (auto at = information.find(name); at != std::string_view::npos; at = information.find(name, at + 1)) {
    const bool begins_line = at == 0 || information[at - 1] == '\n';
    const auto colon = at + name.size();
    if (!begins_line || colon >= information.size() || information[colon] != ':') continue;
    const std::string_view value = information.substr(colon + 1);
    return value.substr(0, value.find_first_of("\r\n"));
  }
  return {};
}

// "7.0.15" as Refusal::too_old wants it.
int version_number(std::string_view text) {
  int major = 0;
  int minor = 0;
  const char* const end = text.data() + text.size();
  const auto after_major = std::from_chars(text.data(), end, major).ptr;
  if (after_major != end) std::from_chars(after_major + 1, end, minor);
  return major * 256 + minor;
}

}  // namespace

void RedisBackend::prepare(Callback<void(std::error_code)> done) {
  // The link must not own the backend, which owns it.
  commands_->when_settled([weak = weak_from_this(), done = std::move(done)](std::error_code error) mutable {
    const auto self = weak.lock();
    if (error || !self) return done(error ? error : errc::store_unavailable);
    self->check_server(std::move(done));
  });
}

void RedisBackend::check_server(Callback<void(std::error_code)> done) {
  commands_->execute(
      {"INFO"}, [self = shared_from_this(), done = std::move(done)](const Reply& reply) mutable {
        if (reply.status == Reply::Status::lost) return done(errc::store_unavailable);
        if (reply.status == Reply::Status::refused) return done(self->refused(reply.error, "INFO"));
        const std::string_view information =
            reply.values.empty() ? std::string_view() : std::string_view(reply.values.front().text);
        if (const std::error_code trouble = self->trouble_in_information(information)) return done(trouble);
        self->load_script([self, done = std::move(done)](std::error_code error) mutable {
          if (error || self->is_checked_) return done(error);
          self->check_permissions(std::move(done));
        });
      });
}

std::error_code RedisBackend::trouble_in_information(std::string_view information) {
  const std::string_view run = information_value(information, "run_id");
  is_other_run_ = is_other_run_ || (!run_.empty() && run_ != run);
  run_ = run;
  const int version = version_number(information_value(information, "redis_version"));
  if (version / 256 < oldest_major) return make_refusal(Refusal::too_old, version);
  for (const std::string_view name : {"redis_mode", "server_mode"}) {  // the second is Valkey's
    if (information_value(information, name) == "cluster") return make_refusal(Refusal::is_cluster);
  }
  // Also one that takes writes: it loses them.
  if (information_value(information, "role") == "slave") {
    connect_again();
    return make_refusal(Refusal::read_only);
  }
  // None of the keys expires, so that `volatile-…` evicts none of them.
  const std::string_view policy = information_value(information, "maxmemory_policy");
  if (policy.starts_with("allkeys")) log_trouble(LogLevel::warning, "redis-may-evict", policy);
  return {};
}

void RedisBackend::load_script(Callback<void(std::error_code)> done) {
  commands_->execute({"SCRIPT", "LOAD", script},
                     [self = shared_from_this(), done = std::move(done)](const Reply& reply) mutable {
                       if (reply.status == Reply::Status::lost) return done(errc::store_unavailable);
                       if (reply.status == Reply::Status::refused || reply.values.empty()) {
                         return done(self->refused(reply.error, "SCRIPT"));
                       }
                       self->hash_ = reply.values.front().text;
                       done({});
                     });
}

void RedisBackend::check_permissions(Callback<void(std::error_code)> done) {
  commands_->execute({"EVALSHA", hash_, "0", "check", options_.connection.url.prefix, "0", "", "0", "0"},
                     [self = shared_from_this(), done = std::move(done)](const Reply& reply) mutable {
                       if (reply.status == Reply::Status::lost) return done(errc::store_unavailable);
                       if (reply.status == Reply::Status::refused)
                         return done(self->refused(reply.error, "EVALSHA"));
                       // "O", and behind it, if one was refused, the command and what was said.
                       const std::string_view answer =
                           reply.values.empty() ? std::string_view("O") : reply.values.front().text;
                       const auto space = answer.find(' ');
                       if (space != std::string_view::npos) {
                         return done(self->refused(answer.substr(space + 1), answer.substr(1, space - 1)));
                       }
                       self->is_checked_ = true;
                       done({});
                     });
}

// What will not pass by itself is named to whoever opens; the rest is an outage like any other.
std::error_code RedisBackend::refused(std::string_view error, std::string_view command) {
  log_trouble(LogLevel::error, "redis-refuses", error);
  if (is_of_no_primary(error)) connect_again();
  const std::error_code refusal = refusal_of(error, command);
  return refusal ? refusal : errc::store_unavailable;
}

void RedisBackend::connect_again() {
  commands_->drop();
  inbox_->drop();
}

void RedisBackend::log_trouble(LogLevel level, std::string_view event, std::string_view detail) {
  if (std::exchange(last_trouble_, std::string(detail)) == detail) return;
  if (!options_.log || level < options_.log->level()) return;
  const LogField fields[] = {{"detail", detail}};
  options_.log->log({level, event, fields});
}

}  // namespace signaling::redis
