#include "identity.hpp"

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

#include "files.hpp"
#include "options.hpp"
#include "signaling/identity/shared_token.hpp"
#include "signaling/operation/log_line.hpp"

namespace {

namespace identity = signaling::identity;

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
  ice.turn_secret = read_secret(options.turn_secret_file);
  return ice;
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
      signaling::operation::log_event(*log_, signaling::LogLevel::error, "reload-failed",
                                      {{"error", error.what()}});
    }
  };
  if (jwt_) attempt([&] { reload_keys(options); });
  if (!options.turn_secret_file.empty()) attempt([&] { reload_turn_secret(options); });
}

void Identity::reload_keys(const Options& options) {
  identity::KeySet keys = read_keys(options.jwt_keys);
  const std::string count = std::to_string(keys.size());
  jwt_->replace_keys(std::move(keys));
  signaling::operation::log_event(*log_, signaling::LogLevel::info, "jwt-keys-reloaded", {{"keys", count}});
}

void Identity::reload_turn_secret(const Options& options) {
  policy_->set_ice(ice_options(options));
  signaling::operation::log_event(*log_, signaling::LogLevel::info, "turn-secret-reloaded",
                                  {{"file", options.turn_secret_file.native()}});
}
