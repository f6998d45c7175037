#include "identity.hpp"

#include <array>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

#include "options.hpp"
#include "signaling/identity/shared_token.hpp"

namespace {

namespace identity = signaling::identity;

constexpr std::size_t max_file_bytes = 1024 * 1024;

// Errors name the file and say nothing of what is in it.
std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(max_file_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (!file.is_open() || file.bad() || text.empty())
    throw std::runtime_error(path + ": cannot be read, or is empty");
  if (text.size() > max_file_bytes) throw std::runtime_error(path + ": is over 1 MiB");
  return text;
}

identity::KeySet read_keys(const std::string& path) {
  try {
    return identity::KeySet::from_jwks(read_file(path));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(path + ": " + error.what());
  }
}

identity::IceOptions ice_options(const Options& options) {
  identity::IceOptions ice = options.ice;
  if (ice.turn_urls.empty()) return ice;
  ice.turn_secret = read_file(options.turn_secret_file);
  while (ice.turn_secret.ends_with('\n') || ice.turn_secret.ends_with('\r')) ice.turn_secret.pop_back();
  return ice;
}

void say(signaling::LogSink& log, signaling::LogLevel level, std::string_view event,
         signaling::LogField field) {
  if (level < log.level()) return;
  const std::array fields{field};
  log.log({level, event, fields});
}

}  // namespace

Identity::Identity(const Options& options, boost::asio::any_io_executor executor,
                   std::shared_ptr<signaling::LogSink> log)
    : log_(std::move(log)) {
  identity::IdentityOptions policy;
  if (!options.auth_token.empty()) {
    policy.authenticators.push_back(std::make_shared<identity::SharedToken>(options.auth_token));
  }
  if (!options.jwt_keys.empty()) {
    jwt_ = std::make_shared<identity::JwtAuthenticator>(read_keys(options.jwt_keys), options.jwt);
    policy.authenticators.push_back(jwt_);
  }
  policy.ice = ice_options(options);
  if (policy.authenticators.empty() && policy.ice.servers.empty() && policy.ice.turn_urls.empty()) return;
  policy.executor = std::move(executor);
  policy.log = log_;
  policy_ = std::make_shared<identity::IdentityPolicy>(std::move(policy));
}

void Identity::reload(const Options& options) {
  const auto attempt = [this](const auto& read) {
    try {
      read();
    } catch (const std::exception& error) {
      say(*log_, signaling::LogLevel::error, "reload-failed", {"error", error.what()});
    }
  };
  if (jwt_) attempt([&] { reload_keys(options); });
  if (!options.turn_secret_file.empty()) attempt([&] { reload_turn_secret(options); });
}

void Identity::reload_keys(const Options& options) {
  identity::KeySet keys = read_keys(options.jwt_keys);
  const std::string count = std::to_string(keys.size());
  jwt_->replace_keys(std::move(keys));
  say(*log_, signaling::LogLevel::info, "jwt-keys-reloaded", {"keys", count});
}

void Identity::reload_turn_secret(const Options& options) {
  policy_->set_ice(ice_options(options));
  say(*log_, signaling::LogLevel::info, "turn-secret-reloaded", {"file", options.turn_secret_file.native()});
}
